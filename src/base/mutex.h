// A mutex whose rules clang checks (-Wthread-safety); elsewhere it is a std::mutex.
#pragma once

#include <mutex>

#if defined(__clang__)
#define KUBEVITALS_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define KUBEVITALS_THREAD_ANNOTATION(x)
#endif

// On a member: it is touched only while that mutex is held.
#define GUARDED_BY(x) KUBEVITALS_THREAD_ANNOTATION(guarded_by(x))
// On a function: the caller holds these mutexes, or does not hold them.
#define REQUIRES(...) KUBEVITALS_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) KUBEVITALS_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace kubevitals {

class KUBEVITALS_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() KUBEVITALS_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() KUBEVITALS_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  bool try_lock() KUBEVITALS_THREAD_ANNOTATION(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

// Holds a mutex as long as it lives.
class KUBEVITALS_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) KUBEVITALS_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() KUBEVITALS_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace kubevitals
