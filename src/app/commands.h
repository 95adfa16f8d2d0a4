// The program's subcommands, one file each.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>

namespace kubevitals::app {

// Declares a subcommand's options on `app` and returns what runs it once they are parsed; the result is the
// program's exit status.
using CommandSetup = std::function<int()> (*)(CLI::App& app);

std::function<int()> setup_check(CLI::App& app);
std::function<int()> setup_demo(CLI::App& app);
std::function<int()> setup_discover(CLI::App& app);
std::function<int()> setup_relabel(CLI::App& app);
std::function<int()> setup_render(CLI::App& app);
std::function<int()> setup_serve(CLI::App& app);
std::function<int()> setup_sim(CLI::App& app);
std::function<int()> setup_state(CLI::App& app);
std::function<int()> setup_targets(CLI::App& app);
std::function<int()> setup_usage(CLI::App& app);

}  // namespace kubevitals::app
