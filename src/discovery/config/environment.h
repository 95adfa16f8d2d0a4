// References to environment variables in a text.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace kubevitals::discovery {

// Replaces $NAME and ${NAME} by what `lookup` has for the name, as Go's os.Expand does; "$$" looks up "$". A
// "$" that no name follows stays; "${}" and "${" without an end go.
std::string expand_variables(std::string_view text,
                             const std::function<std::string(const std::string& name)>& lookup);

}  // namespace kubevitals::discovery
