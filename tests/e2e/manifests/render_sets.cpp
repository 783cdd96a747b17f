// render_sets FOLDER: writes the option sets of the unit tests, rendered by the real code, as FOLDER/<set>.yaml.
#include <cstdio>
#include <filesystem>

#include "pipeline/base/files.hpp"
#include "pipeline/k8s/render.hpp"
#include "tests/unit/k8s/release_options.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: render_sets FOLDER\n"), 2;
  for (const auto& [name, options] : mlopsctl::k8s::option_sets()) {
    const auto set = mlopsctl::k8s::render(options);
    if (!set) return std::fprintf(stderr, "%s: %s\n", name.c_str(), set.error().message.c_str()), 1;
    const auto written = mlopsctl::write_file(std::filesystem::path(argv[1]) / (name + ".yaml"), set->stream());
    if (!written) return std::fprintf(stderr, "%s\n", written.error().message.c_str()), 1;
  }
  return 0;
}
