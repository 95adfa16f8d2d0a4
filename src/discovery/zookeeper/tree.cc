#include "discovery/zookeeper/tree.h"

#include <utility>

namespace kubevitals::discovery::zookeeper {
namespace {

// Enough to keep the connection busy, few enough to leave the servers some peace.
constexpr int kMaxReadings = 64;

std::string child_path(const std::string& parent, const std::string& name) {
  return parent == "/" ? parent + name : parent + "/" + name;
}

}  // namespace

Tree::Tree(const std::vector<std::string>& roots, TreeListener& listener)
    : listener_(listener), roots_(roots.begin(), roots.end()) {}

Tree::~Tree() = default;

void Tree::attach(Session& session) {
  detach();
  session_ = &session;
  epoch_ = std::make_shared<const bool>(true);
  for (const std::string& root : roots_) request(root, true);
}

void Tree::detach() {
  session_ = nullptr;
  epoch_.reset();
  queue_.clear();
  failed_.clear();
  reading_ = 0;
  for (auto& [path, node] : nodes_) {
    node.reading = 0;
    node.queued = node.again = node.deeply = false;
  }
}

void Tree::changed(const std::string& path) {
  // What is not known yet is found by way of its parent.
  if (nodes_.contains(path)) request(path, false);
}

void Tree::retry() {
  for (const std::string& path : std::exchange(failed_, {})) request(path, false);
}

void Tree::request(const std::string& path, bool deeply) {
  if (session_ == nullptr) return;
  Node& node = nodes_[path];
  node.deeply = node.deeply || deeply;
  if (node.reading != 0) {
    node.again = true;
  } else if (!std::exchange(node.queued, true)) {
    queue_.push_back(path);
    read_some();
  }
}

void Tree::read_some() {
  while (reading_ < kMaxReadings && !queue_.empty()) {
    const std::string path = std::move(queue_.front());
    queue_.pop_front();
    const auto known = nodes_.find(path);
    if (known == nodes_.end() || !std::exchange(known->second.queued, false)) continue;
    const std::uint64_t number = known->second.reading = ++last_reading_;
    const bool deeply = std::exchange(known->second.deeply, false);
    ++reading_;
    auto callback = [this, number, path, deeply,
                     epoch = std::weak_ptr<const bool>(epoch_)](Result<std::optional<NodeContent>> content) {
      if (!epoch.expired()) answered(number, path, deeply, std::move(content));
    };
    session_->read(path, roots_.contains(path), std::move(callback));
  }
}

void Tree::answered(std::uint64_t number, const std::string& path, bool deeply,
                    Result<std::optional<NodeContent>> content) {
  --reading_;
  const auto known = nodes_.find(path);
  // It may have gone with its parent while it was read, and may even be back.
  if (known != nodes_.end() && known->second.reading == number) {
    known->second.reading = 0;
    const bool again = std::exchange(known->second.again, false);
    take(path, deeply, std::move(content));
    if (again && nodes_.contains(path)) request(path, false);
  }
  read_some();
  if (reading_ == 0 && queue_.empty()) listener_.on_settled();
}

void Tree::take(const std::string& path, bool deeply, Result<std::optional<NodeContent>> content) {
  if (!content) {
    nodes_[path].deeply |= deeply;
    failed_.insert(path);
    listener_.on_failure(content.error());
    return;
  }
  failed_.erase(path);
  if (*content) {
    found(path, deeply, std::move(**content));
  } else {
    vanished(path);
  }
}

void Tree::found(const std::string& path, bool deeply, NodeContent content) {
  Node& node = nodes_[path];
  const bool is_new = !std::exchange(node.exists, true);
  existing_ += is_new ? 1 : 0;
  if (is_new || node.data != content.data) {
    node.data = std::move(content.data);
    listener_.on_data(path, node.data);
  }
  std::set<std::string> children;
  for (const std::string& name : content.children) children.insert(child_path(path, name));
  const std::set<std::string> before = std::exchange(node.children, children);
  std::vector<std::string> gone;
  for (const std::string& child : before) {
    if (!children.contains(child)) gone.push_back(child);
  }
  // A root below another one has to be watched until it is there again.
  for (const std::string& root : remove(std::move(gone))) request(root, true);
  for (const std::string& child : children) {
    if (deeply || !before.contains(child)) request(child, true);
  }
}

void Tree::vanished(const std::string& path) {
  for (const std::string& root : remove({path})) {
    if (root != path) request(root, true);
  }
  if (roots_.contains(path)) {
    nodes_[path];
    listener_.on_absent(path);
    return;
  }
  const std::size_t slash = path.rfind('/');
  const auto parent = nodes_.find(slash == 0 ? "/" : path.substr(0, slash));
  if (parent != nodes_.end()) parent->second.children.erase(path);
}

// With everything below them; the roots among all these.
std::vector<std::string> Tree::remove(std::vector<std::string> paths) {
  std::vector<std::string> roots;
  while (!paths.empty()) {
    const std::string path = std::move(paths.back());
    paths.pop_back();
    const auto known = nodes_.find(path);
    if (known == nodes_.end()) continue;
    const Node node = std::move(known->second);
    nodes_.erase(known);
    failed_.erase(path);
    paths.insert(paths.end(), node.children.begin(), node.children.end());
    if (node.exists) {
      --existing_;
      listener_.on_data(path, std::nullopt);
    }
    if (roots_.contains(path)) roots.push_back(path);
  }
  return roots;
}

}  // namespace kubevitals::discovery::zookeeper
