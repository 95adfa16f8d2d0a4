// Keys of Kubernetes labels and annotations as names of Prometheus labels.
#pragma once

#include <string>
#include <string_view>

#include "exposition/emitter.h"
#include "kube/objects/meta.h"
#include "state/options.h"

namespace kubevitals::state {

// Replaces every character outside [A-Za-z0-9_] by one underscore ("nvidia.com/gpu" is nvidia_com_gpu). This
// is how names of resources are written in label values, too.
std::string sanitize_label_name(std::string_view text);

// The name of the label for a key: "<prefix>_" and the sanitised key in snake case ("label",
// "My-HTTPServer2Name" give label_my_httpserver2_name).
std::string prometheus_label_name(std::string_view prefix, std::string_view key);

// One sample of value 1 with all entries as labels, in the order of the original keys. Where keys become the
// same name, all of them get _conflict1, _conflict2 and so on, leaving out numbers that a name has of its
// own.
void emit_all_entries(const kube::StringMap& map, std::string_view prefix, exposition::Emitter& emitter);

// The same with those that the list allows: nothing when the list is empty, a sample without these labels
// when none matches.
void emit_allowed_entries(const kube::StringMap& map, const LabelAllowlist& allowed, std::string_view prefix,
                          exposition::Emitter& emitter);

}  // namespace kubevitals::state
