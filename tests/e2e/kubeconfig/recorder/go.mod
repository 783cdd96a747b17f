module mlopsctl.test/recorder

go 1.26.0
