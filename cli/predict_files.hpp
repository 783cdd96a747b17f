// The files that `predict` writes: the labelled rows, and those that could not be read.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/batch_output.hpp"
#include "cli/output.hpp"
#include "pipeline/base/files.hpp"
#include "stages/data/table.hpp"

namespace mlopsctl::cli {

// Where labelled rows go: a file that a killed run's successor goes on with; where the input cannot be read twice (no material), a file that
// appears complete or not at all; or the program's answer on stdout ("-").
class LabelledFile {
 public:
  static Result<LabelledFile> open(const std::string& path, BatchOutput::Material material, Output& out);

  BatchOutput* batch() const { return batch_.get(); }
  bool streams() const { return out_ != nullptr; }  // what was written is out already
  bool closed() const { return out_ != nullptr && out_->closed(); }

  Status write(std::string bytes, BatchOutput::Position after);
  Status commit() { return batch_ ? batch_->commit() : file_ ? file_->commit() : Status(); }
  void discard() {
    if (batch_) batch_->discard();
  }

 private:
  LabelledFile() = default;
  Output* out_ = nullptr;
  std::optional<AtomicFile> file_;
  std::unique_ptr<BatchOutput> batch_;
};

// Where rows that cannot be read are set aside, as CSV: there only if there are any, and whole.
class Rejects {
 public:
  static Result<Rejects> open(const std::string& path);  // empty: none are set aside

  bool wanted() const { return file_.has_value(); }
  Status add(const data::BadRecord& bad);
  Status commit() { return any_ ? file_->commit() : Status(); }

 private:
  Rejects() = default;
  std::optional<AtomicFile> file_;
  bool any_ = false;
};

// An error where the file of rejects is one of those that are read or written.
Status apart(const std::string& rejects, const std::string& input, const std::string& output);

}  // namespace mlopsctl::cli
