// The one place where Beast's own code is compiled; see BOOST_BEAST_SEPARATE_COMPILATION in
// cmake/dependencies.cmake.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
