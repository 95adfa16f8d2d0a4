// What is read of a cAdvisor ContainerInfo. Views are good as long as the JSON document is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "usage/sources/json.h"

namespace kubevitals::usage {

struct CustomMetric {
  std::string_view name, type, format;
};

struct ContainerSpec {
  Nanos creation_time = kNoTime;
  std::string_view image;
  std::string_view container, pod, namespace_, uid;  // the labels io.kubernetes.*
  bool has_cpu = false, has_memory = false, has_network = false, has_filesystem = false, has_diskio = false;
  bool has_custom_metrics = false;
  std::vector<CustomMetric> custom_metrics;
};

struct FileSystemStats {
  std::string_view device;
  std::uint64_t capacity = 0, usage = 0, available = 0, inodes = 0, inodes_free = 0;
  bool has_inodes = false;
};

struct DiskStats {
  std::string_view device;
  std::uint64_t major = 0, minor = 0, read = 0, write = 0;
};

struct AcceleratorStats {
  std::string_view make, model, id;
  std::uint64_t memory_total = 0, memory_used = 0, duty_cycle = 0;
};

struct CustomValue {
  std::string_view name;
  Nanos time = kNoTime;
  std::int64_t int_value = 0;
  double float_value = 0;
};

// What is missing counts as zero, as it does in the incumbent.
struct ContainerStats {
  Nanos time = kNoTime;
  std::uint64_t cpu_usage = 0;
  std::int64_t cpu_load = 0;
  std::uint64_t memory_usage = 0, memory_cache = 0, memory_rss = 0, memory_working_set = 0;
  std::uint64_t page_faults = 0, major_page_faults = 0;
  std::uint64_t rx = 0, rx_errors = 0, tx = 0, tx_errors = 0;  // of all interfaces
  std::vector<FileSystemStats> file_systems;
  std::vector<DiskStats> disks;
  std::vector<AcceleratorStats> accelerators;
  std::vector<CustomValue> custom;  // the newest of each name
};

struct CadvisorContainer {
  std::string_view name;  // the first alias if there is one
  ContainerSpec spec;
  std::optional<ContainerStats> stats;  // the last ones
};

// Throws what json::read_document() catches.
CadvisorContainer read_cadvisor_container(json::Value value);

}  // namespace kubevitals::usage
