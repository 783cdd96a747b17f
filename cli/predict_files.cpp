#include "cli/predict_files.hpp"

#include <filesystem>

namespace mlopsctl::cli {

namespace {

Status replaceable(const std::string& path, std::string hint) {
  if (std::error_code unseen; std::filesystem::exists(path, unseen) && !std::filesystem::is_regular_file(path, unseen))
    return usage_error(path + " is a folder or a device, not a file that could be replaced", std::move(hint));
  return {};
}

// A file that appears complete or not at all; what killed writers of it left is removed.
Result<AtomicFile> whole_file(const std::string& path) {
  const std::filesystem::path target(path);
  sweep_temporaries(target.has_parent_path() ? target.parent_path() : ".", target.filename().string() + ".");
  return AtomicFile::create(target);
}

bool same(const std::string& one, const std::string& other) {
  std::error_code unseen;  // of files that are not there yet
  const auto whole = [&](const std::string& path) { return std::filesystem::weakly_canonical(std::filesystem::absolute(path), unseen); };
  return std::filesystem::equivalent(one, other, unseen) || whole(one) == whole(other);
}

}  // namespace

Result<LabelledFile> LabelledFile::open(const std::string& path, BatchOutput::Material material, Output& out) {
  LabelledFile labelled;
  if (path == "-") {
    labelled.out_ = &out;
    return labelled;
  }
  if (path.ends_with(".gz"))
    return usage_error("--output " + path + ": what is written is not compressed", "leave .gz out, or pipe it: --output - | gzip >" + path);
  TRY(replaceable(path, "write to a file, or to standard output: --output -"));
  if (material) {
    TRY_ASSIGN(labelled.batch_, BatchOutput::open(path, std::move(material)));
    return labelled;
  }
  TRY_ASSIGN(auto file, whole_file(path));
  labelled.file_.emplace(std::move(file));
  return labelled;
}

Status LabelledFile::write(std::string bytes, BatchOutput::Position after) {
  if (batch_) return batch_->append(std::move(bytes), std::move(after));
  if (file_) return file_->write(bytes);
  out_->write(bytes);
  if (out_->error_number() != 0) return io_error("write to", "standard output", out_->error_number());
  return {};
}

Result<Rejects> Rejects::open(const std::string& path) {
  Rejects rejects;
  if (path.empty()) return rejects;
  TRY(replaceable(path, "name a file: --rejects rejected.csv"));
  TRY_ASSIGN(auto file, whole_file(path));
  rejects.file_.emplace(std::move(file));
  TRY(rejects.file_->write("line,column,reason,raw\n"));
  return rejects;
}

Status Rejects::add(const data::BadRecord& bad) {
  const auto& span = bad.fault.span;
  std::string line;
  data::append_csv(line, {std::to_string(span ? span->line : 0), std::to_string(span ? span->column : 0), bad.fault.message, bad.raw});
  any_ = true;
  return file_->write(line);
}

Status apart(const std::string& rejects, const std::string& input, const std::string& output) {
  if (rejects.empty()) return {};
  if (rejects == "-") return usage_error("--rejects - is no file", "name one: --rejects rejected.csv");
  for (const auto& other : {input, output, output + ".partial", output + ".journal"})
    if (other != "-" && same(rejects, other))
      return usage_error("--rejects " + rejects + " would overwrite " + other, "name another file for the rows that cannot be read");
  return {};
}

}  // namespace mlopsctl::cli
