// The program's log.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace kubevitals::app {

// Declares --log-level.
CLI::Option* add_log_level(CLI::App& app, std::string& level);

// Messages at least as severe as this go to standard error, one a line, as key=value.
void set_up_log(const std::string& level);

}  // namespace kubevitals::app
