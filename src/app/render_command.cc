#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "app/commands.h"
#include "state/render.h"
#include "state/selection.h"

namespace kubevitals::app {
namespace {

constexpr const char* kFooter = R"(
Reads JSON or YAML (found out by looking): one object, several documents, or a list as
kubectl prints it, with objects of any kinds in any order. Prints what the metrics endpoint
of `kubevitals state` would show for these objects. Objects of kinds without metrics are
counted on standard error.

Examples:
  kubectl get pods -A -o yaml | kubevitals render -f -
  kubectl get nodes,deployments -A -o json | kubevitals render -f -
  kubevitals render -f pods.yaml --metric-labels-allowlist 'pods=[app,team]'
  kubevitals render -f all.json --resources pods --metric-allowlist kube_pod_status_phase

Exit status: 0 when all objects could be read, 1 otherwise.
)";

struct RenderOptions {
  std::vector<std::string> files;
  state::SelectionFlags selection;
};

void warn(const std::string& message) {
  std::fprintf(stderr, "kubevitals: %s\n", message.c_str());
}

// `state` refuses these; here nothing depends on them for long.
void warn_of_many_wildcards(const std::vector<std::string>& flags) {
  if (flags.empty()) return;
  const auto lists = state::parse_allowlists(flags.back());
  if (!lists) return;
  for (const auto& [resource, entries] : *lists) {
    for (const std::string& entry : entries) {
      if (std::count(entry.begin(), entry.end(), '*') <= 1) continue;
      warn("\"" + entry + "\" never matches: there may be one wildcard in an entry");
    }
  }
}

void warn_of_unsupported(const state::FileRenderer& renderer) {
  std::string kinds;
  std::size_t total = 0;
  for (const auto& [kind, count] : renderer.unsupported()) {
    kinds.append(kinds.empty() ? "" : ", ").append(std::to_string(count)).append(" ").append(kind);
    total += count;
  }
  if (total > 0) {
    warn("skipped " + std::to_string(total) + " object" + (total == 1 ? "" : "s") +
         " of kinds without metrics: " + kinds);
  }
}

bool read_file(state::FileRenderer& renderer, const std::string& name) {
  std::ifstream file;
  const bool standard_input = name == "-";
  if (!standard_input) {
    file.open(name, std::ios::binary);
    if (!file) {
      warn("cannot open " + name + ": " + std::generic_category().message(errno));
      return false;
    }
  }
  const std::string shown = standard_input ? "standard input" : name;
  const Result<void> read = renderer.read(standard_input ? std::cin : file, shown);
  if (!read) warn("cannot read " + shown + ": " + read.error().message);
  return read.has_value();
}

int run(const RenderOptions& options) {
  auto selected = state::select_resources(options.selection, state::ManyWildcards::kNeverMatch);
  if (!selected) {
    warn(selected.error().message);
    return 1;
  }
  warn_of_many_wildcards(options.selection.labels_allowlist);
  warn_of_many_wildcards(options.selection.annotations_allowlist);

  std::ios::sync_with_stdio(false);
  state::FileRenderer renderer(*std::move(selected));
  bool well = true;
  for (const std::string& file : options.files) well = read_file(renderer, file) && well;
  renderer.write(
      [&](std::string_view text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size(); });
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    warn("cannot write the metrics: " + std::generic_category().message(errno));
    well = false;
  }
  warn_of_unsupported(renderer);
  for (const std::string& problem : renderer.problems()) warn("cannot read " + problem);
  if (renderer.problem_count() > renderer.problems().size()) {
    warn("cannot read " + std::to_string(renderer.problem_count() - renderer.problems().size()) +
         " more objects");
  }
  return well && renderer.problem_count() == 0 ? 0 : 1;
}

}  // namespace

std::function<int()> setup_render(CLI::App& app) {
  auto options = std::make_shared<RenderOptions>();
  state::SelectionFlags& selection = options->selection;
  const auto add = [&app](const char* name, std::vector<std::string>& values, const char* help) {
    return app.add_option(name, values, help)->allow_extra_args(false)->type_name("");
  };
  add("-f,--filename", options->files, "File with objects; - is standard input. May be repeated")
      ->required()
      ->type_name("FILE");
  add("--resources", selection.resources,
      "Resources to show, separated by commas (default: those of kubevitals state)");
  add("--metric-labels-allowlist", selection.labels_allowlist,
      "Object labels to show in *_labels: resource=[key,key*,...],... ([*]: all; *=[...]: of all)");
  add("--metric-annotations-allowlist", selection.annotations_allowlist,
      "Object annotations to show in *_annotations, in the same form");
  add("--metric-allowlist", selection.metric_allowlist,
      "Only families that match one of these regular expressions, separated by commas");
  add("--metric-denylist", selection.metric_denylist,
      "No families that match one of these; excludes --metric-allowlist");
  add("--metric-opt-in-list", selection.metric_opt_in_list,
      "Opt-in families to show as well, as regular expressions");
  app.footer(kFooter);
  return [options] { return run(*options); };
}

}  // namespace kubevitals::app
