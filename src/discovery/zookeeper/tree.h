// What is known of some trees of ZooKeeper's nodes.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "discovery/zookeeper/session.h"

namespace kubevitals::discovery::zookeeper {

// Is told of every change of a tree, as it comes.
class TreeListener {
 public:
  virtual ~TreeListener() = default;

  // A node has these data now; nothing when it is gone.
  virtual void on_data(const std::string& path, const std::optional<std::string>& data) = 0;
  // One of the paths has no node; said each time this is found. It is watched until it has one.
  virtual void on_absent(const std::string& path) = 0;
  // What was known of the node stays; it is read again with retry().
  virtual void on_failure(Error error) = 0;
  // Everything that there is to read has been read, or has failed.
  virtual void on_settled() = 0;
};

// Reads and watches all nodes at and below some paths, a number of them at a time. What is known outlives a
// session: with the next one everything is read again, and only the differences are told. Trees may overlap.
// On the strand of its sessions.
class Tree final {
 public:
  Tree(const std::vector<std::string>& roots, TreeListener& listener);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // Reads everything with this session, which stays until detach().
  void attach(Session& session);
  void detach();

  // Reads a node again, and what is new below it.
  void changed(const std::string& path);
  // Reads again what failed.
  void retry();

  // How many nodes there are.
  std::size_t size() const { return existing_; }
  // Whether there is something to retry().
  bool is_failing() const { return !failed_.empty(); }

 private:
  struct Node {
    bool exists = false;
    std::string data;
    std::set<std::string> children;  // their paths
    bool queued = false;
    std::uint64_t reading = 0;  // the number of the reading whose answer counts; 0: none
    bool again = false;         // when it has been read
    bool deeply = false;        // and everything below it, although it is known
  };

  void request(const std::string& path, bool deeply);
  void read_some();
  void answered(std::uint64_t number, const std::string& path, bool deeply,
                Result<std::optional<NodeContent>> content);
  void take(const std::string& path, bool deeply, Result<std::optional<NodeContent>> content);
  void found(const std::string& path, bool deeply, NodeContent content);
  void vanished(const std::string& path);
  std::vector<std::string> remove(std::vector<std::string> paths);

  TreeListener& listener_;
  const std::set<std::string> roots_;
  std::unordered_map<std::string, Node> nodes_;  // the roots, and all others that exist or are to be read
  std::size_t existing_ = 0;

  Session* session_ = nullptr;
  std::deque<std::string> queue_;
  std::set<std::string> failed_;
  int reading_ = 0;
  std::uint64_t last_reading_ = 0;
  // Answers that come after detach() find another one.
  std::shared_ptr<const bool> epoch_;
};

}  // namespace kubevitals::discovery::zookeeper
