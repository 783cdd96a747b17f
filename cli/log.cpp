#include "cli/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <vector>

namespace mlopsctl::cli {

struct Log::Sinks {
  spdlog::logger logger;
};

Log::Log() = default;
Log::~Log() = default;
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;

Result<Log> Log::open(bool verbose, const std::string& file) {
  Log log;
  if (!verbose && file.empty()) return log;
  std::vector<spdlog::sink_ptr> sinks;
  try {
    if (verbose) sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    if (!file.empty()) sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(file));
  } catch (const spdlog::spdlog_ex& fault) {
    return config_error("cannot write the log file " + file + ": " + fault.what()).with_hint("choose another with --log-file");
  }
  log.sinks_.reset(new Sinks{spdlog::logger("mlopsctl", sinks.begin(), sinks.end())});
  log.sinks_->logger.set_level(spdlog::level::debug);
  log.sinks_->logger.flush_on(spdlog::level::debug);
  log.sinks_->logger.set_pattern("%Y-%m-%dT%H:%M:%S.%e %P %l %v");
  return log;
}

void Log::info(std::string_view text) {
  if (sinks_) sinks_->logger.info(spdlog::string_view_t(text.data(), text.size()));
}

void Log::debug(std::string_view text) {
  if (sinks_) sinks_->logger.debug(spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace mlopsctl::cli
