// pytorch_model.bin: whatever the bytes, tensors that lie in the file or an error. The bytes are taken as a whole file, and as the pickle
// of an archive that has two storages.
#include <string>

#include "stages/weights/torch_archive.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/zip_writer.hpp"

namespace mlopsctl {

namespace {

using weights::TorchArchive;

void check(std::string_view bytes) {
  const auto archive = TorchArchive::read(bytes, "fuzz.bin");
  if (!archive) return fuzz::require(archive.error().message.starts_with("fuzz.bin: "), "an error that does not name the file");
  std::string all;  // every byte is read, so that a view beyond the file is found
  for (const auto& [name, tensor] : archive->tensors()) {
    fuzz::require(tensor.bytes.size() == static_cast<size_t>(tensor.elements()) * weights::width(tensor.dtype), "a tensor of another size than its shape");
    all += tensor.bytes;
  }
}

}  // namespace

void fuzz_one(std::string_view bytes) {
  check(bytes);
  static const std::string storage(256, 'x');
  check(weights::zip({{"m/data.pkl", std::string(bytes)}, {"m/data/0", storage}, {"m/data/1", storage.substr(0, 8)}}));
}

}  // namespace mlopsctl
