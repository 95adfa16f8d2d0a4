// The one place where Asio's own code is compiled; see BOOST_ASIO_SEPARATE_COMPILATION in
// cmake/dependencies.cmake.
#include <boost/asio/impl/src.hpp>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// Asio frees an executor's shared part after a fence, which the thread sanitizer does not see: it takes the
// last two owners of a connection's strand for a race.
extern "C" const char* __tsan_default_suppressions() {  // NOLINT(readability-identifier-naming)
  return "race:shared_target_executor\n";
}
#endif
#endif
