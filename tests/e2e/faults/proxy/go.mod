module mlopsctl.test/proxy

go 1.26.0
