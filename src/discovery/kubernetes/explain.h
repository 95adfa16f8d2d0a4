// Why a target is not there, told from the records that are.
#pragma once

#include <string>
#include <vector>

#include "discovery/discoverer.h"
#include "discovery/kubernetes/groups.h"

namespace kubevitals::discovery::kubernetes {

// Adds sentences about the objects that have the label or the address that is asked for, and what keeps them
// from being targets; nothing when no object has it.
void explain_absence(const AbsenceQuery& query, const Table<PodRecord>& pods, const Neighbours& around,
                     std::vector<std::string>& out);
void explain_absence(const AbsenceQuery& query, const Table<ServiceRecord>& services,
                     const Neighbours& around, std::vector<std::string>& out);
void explain_absence(const AbsenceQuery& query, const Table<EndpointsRecord>& endpoints,
                     const Neighbours& around, std::vector<std::string>& out);
void explain_absence(const AbsenceQuery& query, const Table<IngressRecord>& ingresses,
                     const Neighbours& around, std::vector<std::string>& out);
void explain_absence(const AbsenceQuery& query, const Table<NodeRecord>& nodes, const Neighbours& around,
                     std::vector<std::string>& out);

}  // namespace kubevitals::discovery::kubernetes
