// A state_dict as torch.save writes it since torch 1.6 (pytorch_model.bin): a zip archive of a pickle that describes the tensors and one
// entry for each storage. Read as data, without running any of it (stages/weights/pickle.hpp).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipeline/base/files.hpp"
#include "pipeline/base/result.hpp"
#include "stages/weights/safetensors.hpp"

namespace mlopsctl::weights {

// A file, checked as a whole when opened (the checksum of every storage that a tensor uses, too) and mapped while this lives.
class TorchArchive {
 public:
  // `origin` is what messages call the file. Refused: whatever is more than names with tensors; tensors that reach past their storage or
  // repeat its elements; big-endian files; torch's older format.
  static Result<TorchArchive> open(const std::filesystem::path& path, std::string origin);
  // The same of bytes that outlive what is returned.
  static Result<TorchArchive> read(std::string_view bytes, std::string origin);

  // In row-major order: views of the file where the tensor lies so, else copies that this owns.
  const std::map<std::string, Tensor, std::less<>>& tensors() const { return tensors_; }

 private:
  friend class TorchArchiveReader;
  TorchArchive() = default;

  std::vector<MappedFile> file_;  // one, or none when the bytes are someone else's
  std::vector<std::vector<char>> copies_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace mlopsctl::weights
