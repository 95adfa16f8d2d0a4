#include "state/exposition.h"

#include <utility>

#include "base/run_on.h"
#include "exposition/page_body.h"
#include "state/family_header.h"

namespace kubevitals::state {
namespace {

using exposition::Page;
using exposition::PageSequence;

using StoreSnapshots = std::vector<std::vector<std::shared_ptr<const StoreSnapshot>>>;

StoreSnapshots take_snapshots(const std::vector<const ResourceStores*>& resources) {
  StoreSnapshots snapshots;
  for (const ResourceStores* resource : resources) {
    auto& own = snapshots.emplace_back();
    for (const auto& store : resource->stores) own.push_back(store->snapshot());
  }
  return snapshots;
}

}  // namespace

Exposition::Exposition(asio::any_io_executor workers, std::vector<ResourceStores> resources)
    : workers_(std::move(workers)), end_of_open_metrics_(Page::make("# EOF\n")) {
  for (ResourceStores& resource : resources) {
    Entry entry;
    for (const std::size_t family : resource.selected.families) {
      const FamilyInfo& info = resource.selected.resource->family(family);
      std::string text;
      std::string open_metrics;
      append_family_header(text, info, TextFormat::kPrometheus);
      append_family_header(open_metrics, info, TextFormat::kOpenMetrics);
      entry.headers.push_back({Page::make(text), Page::make(open_metrics)});
    }
    entry.resource = std::move(resource);
    entries_.push_back(std::move(entry));
  }
}

asio::awaitable<net::ServerResponse> Exposition::scrape(exposition::Negotiated format, bool gzip,
                                                        ResourceFilter filter) const {
  std::vector<const Entry*> wanted;
  std::vector<const ResourceStores*> resources;
  for (const Entry& entry : entries_) {
    if (!filter.allows(entry.resource.selected.resource->name)) continue;
    wanted.push_back(&entry);
    resources.push_back(&entry.resource);
  }
  auto work = [resources = std::move(resources)] { return take_snapshots(resources); };
  const StoreSnapshots snapshots = co_await run_on(workers_, std::move(work));

  const bool open_metrics = format.format == exposition::Format::kOpenMetrics;
  PageSequence sequence;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::size_t objects = 0;
    for (const auto& snapshot : snapshots[i]) objects += snapshot->objects;
    if (objects == 0) continue;
    for (std::size_t family = 0; family < wanted[i]->headers.size(); ++family) {
      const Header& header = wanted[i]->headers[family];
      sequence.add(open_metrics ? header.open_metrics : header.text);
      for (const auto& snapshot : snapshots[i]) sequence.add(snapshot->families[family]);
    }
  }
  if (open_metrics) sequence.add(end_of_open_metrics_);

  net::ServerResponse response;
  response.headers.set("Content-Type", std::string(format.content_type));
  response.headers.set("Vary", "Accept, Accept-Encoding");
  if (gzip) response.headers.set("Content-Encoding", "gzip");
  response.body = exposition::make_page_body(std::move(sequence), gzip);
  co_return response;
}

}  // namespace kubevitals::state
