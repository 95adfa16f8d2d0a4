#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/version.h"
#include "net/tls_buffers.h"

namespace kubevitals::app {
namespace {

struct Command {
  const char* name;
  const char* summary;
  CommandSetup setup;
};

constexpr std::initializer_list<Command> kCommands = {
    {"demo", "Start an embedded cluster and serve its metrics: nothing else is needed", setup_demo},
    {"serve", "Run what one configuration file says: state, discovery and usage on one watch", setup_serve},
    {"state", "Serve metrics about a cluster's objects, as kube-state-metrics does", setup_state},
    {"discover", "Discover the targets of a Prometheus configuration and serve them to any Prometheus",
     setup_discover},
    {"usage", "Serve what nodes and pods consume, as Heapster and metrics-server do", setup_usage},
    {"targets", "Print the targets of a Prometheus configuration, discovered once", setup_targets},
    {"render", "Print the state metrics of objects in files, without a cluster", setup_render},
    {"check", "Check configuration files and tell everything that is wrong with them", setup_check},
    {"relabel", "Show what relabelling rules make of labels, without a server", setup_relabel},
    {"sim", "Serve a simulated cluster's API, for tests, demonstrations and load", setup_sim},
};

// "--flag=" becomes "--flag" and an empty value, or CLI11 would take the next argument for the value.
std::vector<const char*> split_empty_values(int argc, char** argv) {
  static std::deque<std::string> names;
  std::vector<const char*> arguments;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--") && argument.size() > 3 && argument.ends_with('=') &&
        argument.find('=') + 1 == argument.size()) {
      arguments.push_back(names.emplace_back(argument.substr(0, argument.size() - 1)).c_str());
      arguments.push_back("");
    } else {
      arguments.push_back(argv[i]);
    }
  }
  return arguments;
}

int run(int argc, char** argv) {
  CLI::App app{"kubevitals: a Kubernetes cluster's vital signs from a single watch of the API server."};
  app.name("kubevitals");
  app.set_version_flag("--version", std::string("kubevitals ") + kVersion);
  app.require_subcommand(1);
  app.get_formatter()->column_width(44);
  app.footer(
      "\nTry: kubevitals demo          (then open http://localhost:8080/metrics)\n"
      "     kubevitals state --kubeconfig ~/.kube/config\n"
      "     kubectl get pods -A -o yaml | kubevitals render -f -\n");
  std::vector<std::pair<CLI::App*, std::function<int()>>> commands;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    commands.emplace_back(sub, command.setup(*sub));
    for (CLI::Option* option : sub->get_options()) {
      // As the incumbents': a flag that is given twice has its last value.
      if (option->get_items_expected_max() == 1) option->take_last();
    }
  }
  app.add_subcommand("version", "Print the version")->callback([] {
    std::printf("kubevitals %s\n", kVersion);
  });
  std::vector<const char*> arguments = split_empty_values(argc, argv);
  CLI11_PARSE(app, static_cast<int>(arguments.size()), arguments.data());
  for (const auto& [sub, execute] : commands) {
    if (sub->parsed()) return execute();
  }
  return 0;
}

}  // namespace
}  // namespace kubevitals::app

int main(int argc, char** argv) {
  kubevitals::net::keep_tls_buffers();
  try {
    return kubevitals::app::run(argc, argv);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "kubevitals: %s\n", exception.what());
    return 1;
  }
}
