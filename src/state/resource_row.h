// Makes the row of a resource from its table: the one place where the type of the objects is forgotten.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "kube/decode_json.h"
#include "state/resources.h"

namespace kubevitals::state::row_detail {

template <typename T>
class TypedJsonRenderer final : public JsonRenderer {
 public:
  TypedJsonRenderer(const ResourceTable<T>& table, const SelectedResource& selected)
      : options_(selected.options), renderer_(table, selected.families, options_) {}

  Result<const RenderedObject*> render(std::string_view json) override {
    if (auto decoded = decoder_.decode(json, object_); !decoded) return decoded.error();
    return &renderer_.render(object_);
  }

 private:
  const Options options_;
  kube::JsonDecoder decoder_;
  T object_;
  Renderer<T> renderer_;
};

// Renders what a feed brings.
template <typename T>
class RenderingSubscriber final : public kube::FeedSubscriber<T> {
 public:
  RenderingSubscriber(const ResourceTable<T>& table, const SelectedResource& selected,
                      std::shared_ptr<TextSink> sink)
      : options_(selected.options), renderer_(table, selected.families, options_), sink_(std::move(sink)) {}

  void on_upsert(kube::ObjectSlot slot, const T& object) override {
    sink_->update(slot, renderer_.render(object));
  }
  void on_delete(kube::ObjectSlot slot) override { sink_->erase(slot); }
  void on_synced() override { sink_->synced(); }

 private:
  const Options options_;
  Renderer<T> renderer_;
  const std::shared_ptr<TextSink> sink_;
};

}  // namespace kubevitals::state::row_detail

namespace kubevitals::state {

// `kTable` is a ResourceTable<T> of resources/tables.h.
template <const auto& kTable>
Resource make_row() {
  using Table = std::remove_cvref_t<decltype(kTable)>;
  using Object = typename Table::Object;
  Resource row;
  row.name = kTable.name;
  row.type = kTable.type;
  row.family_count = kTable.families.size();
  row.family = [](std::size_t index) -> const FamilyInfo& { return kTable.families[index].info; };
  row.make_json_renderer = [](const SelectedResource& selected) -> std::unique_ptr<JsonRenderer> {
    return std::make_unique<row_detail::TypedJsonRenderer<Object>>(kTable, selected);
  };
  row.attach = [](kube::Feeds& feeds, kube::WatchScope scope, const SelectedResource& selected,
                  std::shared_ptr<TextSink> sink) {
    scope.resource = kTable.type;
    std::shared_ptr<kube::FeedSubscriber<Object>> subscriber =
        std::make_shared<row_detail::RenderingSubscriber<Object>>(kTable, selected, std::move(sink));
    return feeds.subscribe<Object>(scope, std::move(subscriber));
  };
  return row;
}

}  // namespace kubevitals::state
