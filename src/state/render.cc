#include "state/render.h"

#include <algorithm>
#include <utility>

#include "kube/decode_json.h"
#include "state/family_header.h"
#include "state/text_store.h"

namespace kubevitals::state {
namespace {

constexpr std::size_t kMaxProblems = 10;  // more are only counted
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

bool is_object_of(const Resource& resource, const kube::ManifestObject& object) {
  return resource.type.kind == object.kind && resource.type.api_version() == object.api_version;
}

// "Pod ns/name", as far as the object can be read.
std::string name_of(const kube::ManifestObject& object) {
  kube::JsonDecoder decoder;
  kube::AnyObject any;
  std::string name(object.kind);
  if (!decoder.decode(object.json, any) || any.metadata.name.empty()) return name;
  name.push_back(' ');
  if (!any.metadata.namespace_.empty()) name.append(any.metadata.namespace_).push_back('/');
  return name.append(any.metadata.name);
}

}  // namespace

// A selected resource and the text of its objects.
struct FileRenderer::Target {
  explicit Target(SelectedResource selected_resource)
      : selected(std::move(selected_resource)),
        renderer(selected.resource->make_json_renderer(selected)),
        store(selected.families.size()) {}

  SelectedResource selected;
  std::unique_ptr<JsonRenderer> renderer;
  TextStore store;
  kube::ObjectSlot next_slot = 0;
};

FileRenderer::FileRenderer(std::vector<SelectedResource> selected) {
  for (SelectedResource& resource : selected) {
    targets_.push_back(std::make_unique<Target>(std::move(resource)));
  }
}

FileRenderer::~FileRenderer() = default;

Result<void> FileRenderer::read(std::istream& input, std::string_view name) {
  file_ = name;
  return kube::read_manifests(input, *this);
}

void FileRenderer::on_object(const kube::ManifestObject& object) {
  const auto target = std::find_if(targets_.begin(), targets_.end(), [&](const auto& candidate) {
    return is_object_of(*candidate->selected.resource, object);
  });
  if (target == targets_.end()) {
    const auto rows = resources();
    const bool known = std::any_of(rows.begin(), rows.end(),
                                   [&](const Resource& resource) { return is_object_of(resource, object); });
    if (!known) {
      std::string kind(object.api_version);
      ++unsupported_[kind.append(kind.empty() ? "" : " ").append(object.kind)];
    }
    return;
  }
  const Result<const RenderedObject*> text = (*target)->renderer->render(object.json);
  if (!text) {
    add_problem(file_ + ": " + kube::position_of(object) + ": " + name_of(object) + ": " +
                text.error().message);
    return;
  }
  (*target)->store.update((*target)->next_slot++, **text);
  ++rendered_;
}

void FileRenderer::on_bad_object(const Error& error) {
  add_problem(file_ + ": " + error.message);
}

void FileRenderer::add_problem(std::string problem) {
  ++problem_count_;
  if (problems_.size() < kMaxProblems) problems_.push_back(std::move(problem));
}

void FileRenderer::write(const std::function<bool(std::string_view)>& sink) {
  for (const auto& target : targets_) {
    if (target->next_slot == 0) continue;
    const auto snapshot = target->store.snapshot();
    for (std::size_t index = 0; index < snapshot->families.size(); ++index) {
      std::string text;
      append_family_header(text, target->selected.resource->family(target->selected.families[index]),
                           TextFormat::kPrometheus);
      for (const exposition::PagePtr& page : snapshot->families[index]->pages) {
        if (page) page->inflate(text);
        if (text.size() < kPieceBytes) continue;
        if (!sink(text)) return;
        text.clear();
      }
      if (!text.empty() && !sink(text)) return;
    }
  }
}

}  // namespace kubevitals::state
