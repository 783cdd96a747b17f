// safetensors: whatever the bytes, tensors that lie in the file or an error; and what is read can be written and reads the same.
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "pipeline/base/files.hpp"
#include "stages/weights/bert_config.hpp"
#include "stages/weights/safetensors.hpp"
#include "stages/weights/to_f32.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace mlopsctl {

namespace {

using weights::SafeTensors, weights::SafeTensorsWriter;

// A file that lives in memory, its own folder's only one.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : file_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    fuzz::require(file_.valid() && ::write(file_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "cannot make a memory file");
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

 private:
  FileDescriptor file_;
};

Result<SafeTensors> read(std::string_view bytes) { return SafeTensors::open(MemoryFile(bytes).path(), "fuzz"); }

void check(const SafeTensors& file) {
  std::string all;  // every byte is read, so that a view beyond the file is found
  for (const auto& [name, tensor] : file.tensors()) {
    const auto size = static_cast<size_t>(tensor.elements()) * weights::width(tensor.dtype);
    fuzz::require(tensor.bytes.size() == size, "a tensor of another size than its shape");
    all += tensor.bytes;
    if (!weights::is_floating(tensor.dtype)) continue;
    const std::vector<float> values = weights::to_f32(tensor);
    fuzz::require(values.size() == static_cast<size_t>(tensor.elements()), "a tensor converts to another length");
    (void)weights::first_not_finite({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
  }
}

}  // namespace

void fuzz_one(std::string_view bytes) {
  const auto config = weights::parse_bert_config(bytes, "config.json");
  if (config) fuzz::require(weights::parse_bert_config(canonical(weights::to_json(*config)), "again").ok(), "a config that we wrote cannot be read");

  const auto file = read(bytes);
  if (!file) return fuzz::require(file.error().message.find("fuzz") != std::string::npos, "an error that does not name the file");
  check(*file);
  SafeTensorsWriter writer;
  for (const auto& [name, tensor] : file->tensors()) writer.add(name, tensor.dtype, tensor.shape, tensor.bytes);
  const std::string path = std::string("/dev/shm/mlopsctl-fuzz-") + std::to_string(::getpid());
  if (bytes.size() % 64 != 0 || !writer.save(path)) return;  // a disk write for some of them is enough
  const auto again = SafeTensors::open(path, "again");
  ::unlink(path.c_str());
  fuzz::require(again.ok() && again->tensors().size() == file->tensors().size(), "what we wrote cannot be read");
  for (const auto& [name, tensor] : file->tensors()) {
    const weights::Tensor* found = again->find(name);
    fuzz::require(found != nullptr && found->bytes == tensor.bytes && found->shape == tensor.shape && found->dtype == tensor.dtype,
                  "what we wrote reads differently");
  }
}

}  // namespace mlopsctl
