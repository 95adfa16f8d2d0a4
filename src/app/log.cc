#include "app/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <utility>

namespace kubevitals::app {

CLI::Option* add_log_level(CLI::App& app, std::string& level) {
  return app.add_option("--log-level", level, "Least severe messages to log")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
}

void set_up_log(const std::string& level) {
  auto logger = spdlog::get("kubevitals");
  if (!logger) logger = spdlog::stderr_logger_mt("kubevitals");
  logger->set_pattern(R"(time=%Y-%m-%dT%H:%M:%S.%eZ level=%l msg="%v")", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace kubevitals::app
