#include "discovery/serve/explain.h"

#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/run_on.h"
#include "base/yaml_scalar.h"
#include "discovery/http_sd_json.h"
#include "discovery/relabel/rules.h"
#include "discovery/serve/target_walk.h"
#include "discovery/target.h"

namespace kubevitals::discovery {
namespace {

// A JSON object or list that is being written.
class Json {
 public:
  explicit Json(std::string& out) : out_(out) {}

  void key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    first_ = true;
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
    first_ = false;
  }
  void raw(std::string_view name, std::string_view value) {
    key(name);
    out_ += value;
    first_ = false;
  }
  void number(std::string_view name, std::uint64_t value) { raw(name, std::to_string(value)); }
  void flag(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
  void item(std::string_view value) {
    comma();
    append_json_string(out_, value);
  }
  void raw_item(std::string_view value) {
    comma();
    out_ += value;
  }
  void open(char bracket) {
    comma();
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }

 private:
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

std::string labels_json(std::vector<Label> labels) {
  std::string out;
  append_labels_json(out, labels);
  return out;
}

void append_step(Json& json, const RelabelStep& step, const RelabelConfig& rule) {
  json.open('{');
  json.number("rule", step.rule);
  json.text("action", to_string(rule.action));
  json.key("sourceLabels");
  json.open('[');
  for (const std::string& name : rule.source_labels) json.item(name);
  json.close(']');
  json.text("regex", rule.regex);
  json.text("value", step.value);
  json.flag("matched", step.matched);
  json.key("changes");
  json.open('[');
  for (const RelabelStep::Change& change : step.changes) {
    json.open('{');
    json.text("label", change.name.text());
    json.text("before", change.before);
    json.text("after", change.after);
    json.close('}');
  }
  json.close(']');
  json.flag("dropped", step.dropped);
  json.close('}');
}

// A target that matches the query.
struct Found {
  std::string provider;
  std::string mechanism;
  std::string source;
  std::size_t position = 0;
  LabelBlockPtr target;
  LabelBlockPtr group;
};

struct Search {
  std::vector<Found> found;
  std::size_t matches = 0;
  std::size_t targets = 0;
};

// No name: nothing has a label of that name.
Search search(const std::shared_ptr<const JobSnapshot>& job, const ExplainQuery& query,
              std::optional<LabelName> name) {
  Search result;
  const auto has = [&](const LabelBlock* block) {
    return name && block != nullptr && block->find(*name) == query.value;
  };
  TargetWalk walk(job);
  bool more = true;
  while (more) {
    more = walk.next_page([&](const WalkedTarget& walked) {
      ++result.targets;
      const bool own = walked.target()->find(name.value_or(address_label())).has_value();
      const bool discovered = own ? has(walked.target()) : has(walked.group->labels.get());
      if (!discovered && (walked.kept == nullptr || !has(walked.kept->labels.get()))) return;
      if (++result.matches > query.max_targets) return;
      result.found.push_back({walked.provider->name, walked.provider->mechanism, walked.group->source,
                              walked.position, walked.group->targets[walked.position], walked.group->labels});
    });
  }
  return result;
}

// The target's whole way, as a JSON object.
std::string describe(const Found& found, const JobSpec& spec, TargetBuilder& builder) {
  std::string out;
  Json json(out);
  json.open('{');
  json.text("mechanism", found.mechanism);
  json.text("provider", found.provider);
  json.text("source", found.source);
  json.number("position", found.position);
  LabelSet discovered;
  builder.discovered(found.target.get(), found.group.get(), discovered);
  json.raw("discoveredLabels", labels_json(discovered.labels()));
  json.key("steps");
  json.open('[');
  const TargetOutcome outcome = builder.trace(
      found.target.get(), found.group.get(),
      [&](const RelabelStep& step) { append_step(json, step, spec.target.relabel_configs.at(step.rule)); });
  json.close(']');
  if (const auto* kept = std::get_if<KeptTarget>(&outcome)) {
    std::vector<Label> labels;
    merge_labels({kept->labels.get()}, labels);
    json.text("outcome", "kept");
    json.raw("labels", labels_json(std::move(labels)));
    json.text("scrapeUrl", builder.url(*kept->labels));
  } else if (const auto* dropped = std::get_if<DroppedTarget>(&outcome)) {
    json.text("outcome", "dropped");
    json.number("droppedBy", dropped->rule);
  } else {
    json.text("outcome", "failed");
    json.text("error", std::get<Error>(outcome).message);
  }
  json.close('}');
  return out;
}

void append_providers(Json& json, const JobSnapshot& job) {
  json.key("providers");
  json.open('[');
  for (const JobSnapshot::Part& part : job.parts) {
    const ProviderSnapshot& provider = *part.provider;
    json.open('{');
    json.text("name", provider.name);
    json.text("mechanism", provider.mechanism);
    json.flag("answered", provider.answered);
    json.text("error", provider.error ? provider.error->message : "");
    json.number("targets", provider.targets);
    json.close('}');
  }
  json.close(']');
}

// Why there is nothing to explain.
void append_reasons(Json& json, const JobSnapshot& job, const ExplainQuery& query, const Search& found,
                    const std::vector<std::string>& known) {
  json.key("reasons");
  json.open('[');
  if (found.matches == 0) {
    for (const std::string& reason : known) json.item(reason);
    for (const std::string& failed : job.failed_sources) json.item(failed);
    for (const JobSnapshot::Part& part : job.parts) {
      const ProviderSnapshot& provider = *part.provider;
      if (provider.error) {
        json.item(provider.name + " does not work now: " + provider.error->message);
      } else if (!provider.answered) {
        json.item(provider.name + " has not answered yet");
      }
    }
    json.item("none of the job's " + std::to_string(found.targets) + " targets has the label " + query.label +
              "=\"" + query.value + "\", before or after relabelling");
  }
  json.close(']');
}

}  // namespace

asio::awaitable<std::string> explain(const Manager& manager, asio::any_io_executor workers,
                                     ExplainQuery query) {
  const std::shared_ptr<const Snapshot> snapshot = manager.snapshot();
  NameKeeper names;
  const std::optional<LabelName> name = names.find(query.label);
  std::string out;
  Json json(out);
  json.open('{');
  json.key("jobs");
  json.open('[');
  for (const auto& job : snapshot->jobs) {
    if (!query.job.empty() && job->spec->name != query.job) continue;
    auto work = [job, &query, name] { return search(job, query, name); };
    auto searching = run_on(workers, std::move(work));
    const Search found = co_await std::move(searching);
    std::vector<std::string> known;
    if (found.matches == 0 && name) {
      const AbsenceQuery absence{*name, query.value};
      auto asking = manager.why_absent(job->spec->name, absence);
      known = co_await std::move(asking);
    }
    json.open('{');
    json.text("job", job->spec->name);
    json.number("matches", found.matches);
    json.key("targets");
    json.open('[');
    TargetBuilder builder(job->spec->target);
    for (const Found& target : found.found) {
      json.raw_item(describe(target, *job->spec, builder));
    }
    json.close(']');
    append_providers(json, *job);
    append_reasons(json, *job, query, found, known);
    json.close('}');
  }
  json.close(']');
  json.close('}');
  co_return out;
}

}  // namespace kubevitals::discovery
