// A module as it would be had it been built from other sources: it knows no tag.
extern "C" __attribute__((visibility("default"))) const void* mlopsctl_torch_factory(const char*) { return nullptr; }
