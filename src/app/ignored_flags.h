// Flags of an incumbent that mean nothing here.
#pragma once

#include <CLI/App.hpp>
#include <initializer_list>
#include <string>
#include <vector>

namespace kubevitals::app {

// They are accepted, without standing in the help. Outlives the parsing.
class IgnoredFlags {
 public:
  void add_options(CLI::App& app, std::initializer_list<const char*> names);
  // Those that need no value.
  void add_switches(CLI::App& app, std::initializer_list<const char*> names);
  // Those of the library that all incumbents log with.
  void add_klog(CLI::App& app);

  // Names those that were given in one line of the log.
  void tell() const;

 private:
  void hide(CLI::Option* option);

  std::vector<const CLI::Option*> options_;
  std::string value_;
};

}  // namespace kubevitals::app
