// The pod families that take more than a few lines; the table is in pod.cc.
#pragma once

#include <string_view>

#include "kube/objects/pod.h"
#include "state/resources/common.h"

namespace kubevitals::state::pod {

// pod_spec.cc
void info(const kube::Pod& pod, const Options& options, Emitter& emitter);
void persistent_volume_claims(const kube::Pod& pod, const Options& options, Emitter& emitter);
void read_only_claims(const kube::Pod& pod, const Options& options, Emitter& emitter);
void resource_claims(const kube::Pod& pod, const Options& options, Emitter& emitter);
void tolerations(const kube::Pod& pod, const Options& options, Emitter& emitter);
void overhead_cpu(const kube::Pod& pod, const Options& options, Emitter& emitter);
void overhead_memory(const kube::Pod& pod, const Options& options, Emitter& emitter);

// pod_status.cc
void completion_time(const kube::Pod& pod, const Options& options, Emitter& emitter);
void ips(const kube::Pod& pod, const Options& options, Emitter& emitter);
void phase(const kube::Pod& pod, const Options& options, Emitter& emitter);
void qos_class(const kube::Pod& pod, const Options& options, Emitter& emitter);
void reasons(const kube::Pod& pod, const Options& options, Emitter& emitter);
void disruption_reasons(const kube::Pod& pod, const Options& options, Emitter& emitter);

// Three series for each condition of this type.
void emit_condition(const kube::Pod& pod, std::string_view type, Emitter& emitter);
// When each condition of this type got the status that it has, if it is this one.
void emit_condition_time(const kube::Pod& pod, std::string_view type, std::string_view status,
                         Emitter& emitter);

}  // namespace kubevitals::state::pod
