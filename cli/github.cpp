#include "cli/github.hpp"

#include <filesystem>

namespace mlopsctl::cli::github {

namespace {

std::string one(const Error& error, std::string_view prefix) {
  std::string properties;
  const auto add = [&](std::string_view name, const std::string& value) {
    properties += (properties.empty() ? " " : ",") + std::string(name) + "=" + escape_property(value);
  };
  if (error.span && !error.span->file.empty()) {
    const bool absolute = error.span->file.starts_with('/');
    add("file", (absolute ? "" : std::string(prefix)) + error.span->file);
    if (error.span->line > 0) {
      add("line", std::to_string(error.span->line));
      add("col", std::to_string(error.span->column));
      add("endColumn", std::to_string(error.span->column + error.span->length));
    }
  }
  if (!error.field.empty()) add("title", error.field);
  std::string message = error.message;
  for (const auto& note : error.notes) message += "\nnote: " + note;
  if (!error.hint.empty()) message += "\nhint: " + error.hint;
  return "::error" + properties + "::" + escape_data(message) + "\n";
}

}  // namespace

std::string escape_data(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%') out += "%25";
    else if (c == '\r') out += "%0D";
    else if (c == '\n') out += "%0A";
    else out += c;
  }
  return out;
}

std::string escape_property(std::string_view text) {
  std::string out;
  for (const char c : escape_data(text)) {
    if (c == ':') out += "%3A";
    else if (c == ',') out += "%2C";
    else out += c;
  }
  return out;
}

std::string annotations(const Error& error, std::string_view prefix) {
  std::string out = one(error, prefix);
  for (const Error& further : error.also) out += annotations(further, prefix);
  return out;
}

std::string warning(std::string_view title, std::string_view message) {
  return "::warning title=" + escape_property(title) + "::" + escape_data(message) + "\n";
}

std::string prefix_of(std::string_view workspace, std::string_view folder) {
  if (workspace.empty()) return "";
  const auto relative = std::filesystem::path(folder).lexically_relative(std::filesystem::path(workspace)).generic_string();
  if (relative.empty() || relative == "." || relative.starts_with("..")) return "";
  return relative + "/";
}

}  // namespace mlopsctl::cli::github
