#include "app/ignored_flags.h"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

namespace kubevitals::app {

void IgnoredFlags::hide(CLI::Option* option) {
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->group("");
  options_.push_back(option);
}

void IgnoredFlags::add_options(CLI::App& app, std::initializer_list<const char*> names) {
  for (const char* name : names) hide(app.add_option(name, value_));
}

void IgnoredFlags::add_switches(CLI::App& app, std::initializer_list<const char*> names) {
  for (const char* name : names) hide(app.add_flag(std::string(name) + "{true}", value_));
}

void IgnoredFlags::add_klog(CLI::App& app) {
  add_options(app,
              {"--v,-v", "--vmodule", "--stderrthreshold", "--log-dir,--log_dir", "--log-file,--log_file",
               "--log-file-max-size,--log_file_max_size", "--log-backtrace-at,--log_backtrace_at"});
  add_switches(app, {"--logtostderr", "--alsologtostderr", "--add-dir-header", "--one-output",
                     "--skip-headers", "--skip-log-headers"});
}

void IgnoredFlags::tell() const {
  std::string names;
  for (const CLI::Option* option : options_) {
    if (option->count() == 0) continue;
    // Hidden ones have no name but this.
    names.append(names.empty() ? "--" : ", --").append(option->get_lnames().front());
  }
  if (!names.empty()) spdlog::info("these flags have no effect here: {}", names);
}

}  // namespace kubevitals::app
