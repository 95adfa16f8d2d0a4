#include "net/password_checker.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <cstring>
#include <deque>
#include <iterator>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "net/bcrypt.h"
#include "net/pending.h"

namespace kubevitals::net {
namespace {

// The last ones; what is forgotten is found out again.
class Recent {
 public:
  bool contains(const std::string& key) const { return keys_.contains(key); }

  void add(const std::string& key) {
    if (!keys_.insert(key).second) return;
    order_.push_back(key);
    if (order_.size() <= PasswordChecker::kMaxRemembered) return;
    keys_.erase(order_.front());
    order_.pop_front();
  }

 private:
  std::unordered_set<std::string> keys_;
  std::deque<std::string> order_;
};

// A password that is to be hashed, and those who wait for that.
struct Job {
  ~Job() { OPENSSL_cleanse(password.data(), password.size()); }

  std::string key;
  std::string password;
  std::string hash;
  std::string address;
  bool known = false;
  std::vector<PendingPtr<PasswordVerdict>> waiting;
};
using JobPtr = std::shared_ptr<Job>;

}  // namespace

// Used on its strand, but for what is remembered. The work on the pool's threads holds it.
class PasswordChecker::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::any_io_executor pool, Matches matches)
      : strand_(pool), pool_(std::move(pool)), matches_(std::move(matches)) {
    // Without it everything could be guessed; that does not happen.
    if (RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) != 1) {
      throw std::runtime_error("no random bytes");
    }
  }

  const Strand& strand() const { return strand_; }

  JobPtr make_job(const Users& users, const std::string& user, std::string password, std::string address) {
    auto job = std::make_shared<Job>();
    const auto found = users.find(user);
    job->known = found != users.end();
    job->hash = job->known ? found->second : decoy(users, user);
    // One who is known must not get what was found for a decoy, nor the other way round.
    job->key = digest({job->known ? "known" : "unknown", user, job->hash, password});
    job->password = std::move(password);
    job->address = std::move(address);
    return job;
  }

  // From any thread.
  std::optional<PasswordVerdict> remembered(const Job& job) {
    const std::lock_guard lock(mutex_);
    if (right_.contains(job.key)) return PasswordVerdict::kRight;
    if (wrong_.contains(job.key)) return PasswordVerdict::kWrong;
    return std::nullopt;
  }

  void begin(JobPtr job, PendingPtr<PasswordVerdict> pending) {
    if (const auto verdict = remembered(*job)) return pending->complete(*verdict);
    JobPtr& known = jobs_[job->key];
    if (known == nullptr) {
      if (queue_.size() >= kMaxWaiting || waiting_of_[job->address] >= kMaxWaitingOfOne) {
        jobs_.erase(job->key);
        return pending->complete(PasswordVerdict::kBusy);
      }
      known = std::move(job);
      queue_.push_back(known);
      ++waiting_of_[known->address];
    }
    const JobPtr joined = known;
    pending->on_cancel = [self = shared_from_this(), joined, raw = pending.get()] {
      self->leave(joined, raw);
    };
    joined->waiting.push_back(std::move(pending));
    hash_next();
  }

 private:
  using Digest = std::array<unsigned char, 32>;

  // Which existing user's hash a name that does not exist costs: the same one each time.
  std::string decoy(const Users& users, const std::string& user) const {
    const std::string bytes = digest({user});
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return std::next(users.begin(), static_cast<std::ptrdiff_t>(number % users.size()))->second;
  }

  std::string digest(std::vector<std::string_view> parts) const {
    std::string text;
    for (const std::string_view part : parts)
      text.append(std::to_string(part.size())).append(":").append(part);
    std::string bytes(secret_.size(), '\0');
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(bytes.data()), &size);
    OPENSSL_cleanse(text.data(), text.size());
    return bytes;
  }

  // One that waited was cancelled. A job that nobody waits for is not worth its while.
  void leave(const JobPtr& job, const Pending<PasswordVerdict>* pending) {
    const auto found = std::find_if(job->waiting.begin(), job->waiting.end(),
                                    [&](const auto& candidate) { return candidate.get() == pending; });
    if (found == job->waiting.end()) return;
    const PendingPtr<PasswordVerdict> left = *found;
    job->waiting.erase(found);
    left->complete(PasswordVerdict::kCancelled);
    const auto queued = std::find(queue_.begin(), queue_.end(), job);
    if (!job->waiting.empty() || queued == queue_.end()) return;
    queue_.erase(queued);
    forget_address(job->address);
    jobs_.erase(job->key);
  }

  void forget_address(const std::string& address) {
    const auto found = waiting_of_.find(address);
    if (found != waiting_of_.end() && --found->second == 0) waiting_of_.erase(found);
  }

  void hash_next() {
    if (hashing_ || queue_.empty()) return;
    hashing_ = true;
    const JobPtr job = std::move(queue_.front());
    queue_.pop_front();
    forget_address(job->address);
    asio::post(pool_, [self = shared_from_this(), job] {
      const bool matches = self->matches_(job->password, job->hash);
      asio::post(self->strand_, [self, job, matches] { self->finish(job, matches && job->known); });
    });
  }

  void finish(const JobPtr& job, bool right) {
    {
      const std::lock_guard lock(mutex_);
      (right ? right_ : wrong_).add(job->key);
    }
    jobs_.erase(job->key);
    for (const auto& pending : std::exchange(job->waiting, {})) {
      pending->complete(right ? PasswordVerdict::kRight : PasswordVerdict::kWrong);
    }
    hashing_ = false;
    hash_next();
  }

  const Strand strand_;
  const asio::any_io_executor pool_;
  const Matches matches_;
  Digest secret_{};  // constant

  // Those that are queued or hashed, by key.
  std::unordered_map<std::string, JobPtr> jobs_;
  std::deque<JobPtr> queue_;
  std::unordered_map<std::string, std::size_t> waiting_of_;
  bool hashing_ = false;

  // Guarded by the mutex.
  std::mutex mutex_;
  Recent right_;
  Recent wrong_;
};

PasswordChecker::PasswordChecker() : PasswordChecker(&bcrypt_matches) {}

PasswordChecker::PasswordChecker(Matches matches) : matches_(std::move(matches)) {}

PasswordChecker::~PasswordChecker() {
  if (!pool_) return;
  pool_->stop();
  pool_->join();
}

std::shared_ptr<PasswordChecker::State> PasswordChecker::state() {
  // One thread hashes, the other one tells who waits.
  std::call_once(started_, [this] {
    pool_.emplace(2);
    state_ = std::make_shared<State>(pool_->get_executor(), matches_);
  });
  return state_;
}

asio::awaitable<PasswordVerdict> PasswordChecker::check(std::shared_ptr<const Users> users, std::string user,
                                                        std::string password, std::string address) {
  const std::shared_ptr<State> state = this->state();
  const JobPtr job = state->make_job(*users, user, std::move(password), std::move(address));
  if (const auto verdict = state->remembered(*job)) co_return *verdict;
  auto start = [state, job](PendingPtr<PasswordVerdict> pending) { state->begin(job, std::move(pending)); };
  co_return co_await ask<PasswordVerdict>(state->strand(), std::move(start));
}

}  // namespace kubevitals::net
