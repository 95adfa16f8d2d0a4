// The table of resources: all that the rest of the program knows of them. To add one: its file in resources/,
// its line in resources/tables.h, its row in resources.cc.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/feed_subscriber.h"
#include "kube/feeds.h"
#include "kube/resource_type.h"
#include "state/family.h"
#include "state/options.h"
#include "state/renderer.h"

namespace kubevitals::state {

struct Resource;

// A resource and what the user wants of it.
struct SelectedResource {
  const Resource* resource = nullptr;
  std::vector<std::size_t> families;  // indices of those that are on, in the table's order
  Options options;
};

// Takes the text of a feed's objects, family by family as SelectedResource::families has them. Called as a
// FeedSubscriber is: one call after another, on the feed's strand.
class TextSink {
 public:
  virtual ~TextSink() = default;
  // The rendered object is gone after the call.
  virtual void update(kube::ObjectSlot slot, const RenderedObject& object) = 0;
  virtual void erase(kube::ObjectSlot slot) = 0;
  // The sink has seen exactly the objects that exist.
  virtual void synced() = 0;
};

// Renders objects in JSON. Not thread-safe.
class JsonRenderer {
 public:
  virtual ~JsonRenderer() = default;
  // The text of one object; valid until the next call. kInvalid when the JSON is not such an object.
  virtual Result<const RenderedObject*> render(std::string_view json) = 0;
};

// A row of the table. The functions know the object's type; copies of what they need of `selected` are kept.
struct Resource {
  std::string_view name;  // as --resources takes it
  kube::ResourceType type;
  std::size_t family_count = 0;
  const FamilyInfo& (*family)(std::size_t index) = nullptr;

  std::unique_ptr<JsonRenderer> (*make_json_renderer)(const SelectedResource& selected) = nullptr;

  // Follows the objects in `scope` (its resource is set here) and hands their text to the sink until the
  // result is destroyed.
  std::unique_ptr<kube::Subscription> (*attach)(kube::Feeds& feeds, kube::WatchScope scope,
                                                const SelectedResource& selected,
                                                std::shared_ptr<TextSink> sink) = nullptr;
};

// All rows, sorted by name: the order of exposition. They live as long as the program.
std::span<const Resource> resources();

// The row with this name; nullptr when there is none.
const Resource* find_resource(std::string_view name);

}  // namespace kubevitals::state
