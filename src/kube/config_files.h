// The files that a connection's configuration points to.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/config.h"

namespace kubevitals::kube {

// The whole file, at most 16 MiB. "cannot read /x: No such file or directory".
Result<std::string> read_file(const std::string& path);

// The token in a file, without white space around it.
Result<std::string> read_token_file(const std::string& path);

// Whether the CA is one, certificate and key fit together and the token file has a token; kInvalid, in one
// line, says what is wrong with which.
Result<void> check_files(const ApiServerConfig& config);

// Whether PEM texts are a client certificate and its key.
Result<void> check_key_pair(const std::string& certificate, const std::string& key);

// Text from outside for a message of one line: control characters become blanks, and what is too long is cut
// off.
std::string one_line(std::string_view text, std::size_t max_size = 400);

}  // namespace kubevitals::kube
