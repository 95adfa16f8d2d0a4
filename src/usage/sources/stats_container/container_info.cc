#include "usage/sources/stats_container/container_info.h"

namespace kubevitals::usage {
namespace {

using json::boolean;
using json::each_element;
using json::each_member;
using json::text;

std::uint64_t count(json::Value value) {
  return json::unsigned_number(value).value_or(0);
}

void read_labels(json::Value value, ContainerSpec& spec) {
  each_member(value, [&spec](std::string_view key, json::Value member) {
    if (key == "io.kubernetes.container.name") spec.container = text(member);
    if (key == "io.kubernetes.pod.name") spec.pod = text(member);
    if (key == "io.kubernetes.pod.namespace") spec.namespace_ = text(member);
    if (key == "io.kubernetes.pod.uid") spec.uid = text(member);
  });
}

CustomMetric read_custom_metric(json::Value value) {
  CustomMetric metric;
  each_member(value, [&metric](std::string_view key, json::Value member) {
    if (key == "name") metric.name = text(member);
    if (key == "type") metric.type = text(member);
    if (key == "format") metric.format = text(member);
  });
  return metric;
}

ContainerSpec read_spec(json::Value value) {
  ContainerSpec spec;
  each_member(value, [&spec](std::string_view key, json::Value member) {
    if (key == "creation_time") spec.creation_time = json::time(member);
    if (key == "image") spec.image = text(member);
    if (key == "labels") read_labels(member, spec);
    if (key == "has_cpu") spec.has_cpu = boolean(member);
    if (key == "has_memory") spec.has_memory = boolean(member);
    if (key == "has_network") spec.has_network = boolean(member);
    if (key == "has_filesystem") spec.has_filesystem = boolean(member);
    if (key == "has_diskio") spec.has_diskio = boolean(member);
    if (key == "has_custom_metrics") spec.has_custom_metrics = boolean(member);
    if (key == "custom_metrics") {
      each_element(member, [&](json::Value one) { spec.custom_metrics.push_back(read_custom_metric(one)); });
    }
  });
  return spec;
}

void read_cpu(json::Value value, ContainerStats& stats) {
  each_member(value, [&stats](std::string_view key, json::Value member) {
    if (key == "load_average") stats.cpu_load = json::signed_number(member).value_or(0);
    if (key == "usage") {
      each_member(member, [&stats](std::string_view name, json::Value part) {
        if (name == "total") stats.cpu_usage = count(part);
      });
    }
  });
}

void read_memory(json::Value value, ContainerStats& stats) {
  each_member(value, [&stats](std::string_view key, json::Value member) {
    if (key == "usage") stats.memory_usage = count(member);
    if (key == "cache") stats.memory_cache = count(member);
    if (key == "rss") stats.memory_rss = count(member);
    if (key == "working_set") stats.memory_working_set = count(member);
    if (key == "container_data") {
      each_member(member, [&stats](std::string_view name, json::Value part) {
        if (name == "pgfault") stats.page_faults = count(part);
        if (name == "pgmajfault") stats.major_page_faults = count(part);
      });
    }
  });
}

void read_network(json::Value value, ContainerStats& stats) {
  each_member(value, [&stats](std::string_view key, json::Value member) {
    if (key != "interfaces") return;
    each_element(member, [&stats](json::Value interface) {
      each_member(interface, [&stats](std::string_view name, json::Value part) {
        if (name == "rx_bytes") stats.rx += count(part);
        if (name == "rx_errors") stats.rx_errors += count(part);
        if (name == "tx_bytes") stats.tx += count(part);
        if (name == "tx_errors") stats.tx_errors += count(part);
      });
    });
  });
}

FileSystemStats read_file_system(json::Value value) {
  FileSystemStats fs;
  each_member(value, [&fs](std::string_view key, json::Value member) {
    if (key == "device") fs.device = text(member);
    if (key == "capacity") fs.capacity = count(member);
    if (key == "usage") fs.usage = count(member);
    if (key == "available") fs.available = count(member);
    if (key == "has_inodes") fs.has_inodes = boolean(member);
    if (key == "inodes") fs.inodes = count(member);
    if (key == "inodes_free") fs.inodes_free = count(member);
  });
  return fs;
}

DiskStats read_disk(json::Value value) {
  DiskStats disk;
  each_member(value, [&disk](std::string_view key, json::Value member) {
    if (key == "device") disk.device = text(member);
    if (key == "major") disk.major = count(member);
    if (key == "minor") disk.minor = count(member);
    if (key == "stats") {
      each_member(member, [&disk](std::string_view name, json::Value part) {
        if (name == "Read") disk.read = count(part);
        if (name == "Write") disk.write = count(part);
      });
    }
  });
  return disk;
}

AcceleratorStats read_accelerator(json::Value value) {
  AcceleratorStats accelerator;
  each_member(value, [&accelerator](std::string_view key, json::Value member) {
    if (key == "make") accelerator.make = text(member);
    if (key == "model") accelerator.model = text(member);
    if (key == "id") accelerator.id = text(member);
    if (key == "memory_total") accelerator.memory_total = count(member);
    if (key == "memory_used") accelerator.memory_used = count(member);
    if (key == "duty_cycle") accelerator.duty_cycle = count(member);
  });
  return accelerator;
}

void read_custom(std::string_view name, json::Value values, ContainerStats& stats) {
  std::optional<CustomValue> newest;
  each_element(values, [&](json::Value one) {
    CustomValue value;
    value.name = name;
    each_member(one, [&value](std::string_view key, json::Value member) {
      if (key == "timestamp") value.time = json::time(member);
      if (key == "int_value") value.int_value = json::signed_number(member).value_or(0);
      if (key == "float_value") value.float_value = json::number(member).value_or(0);
    });
    if (!newest || newest->time < value.time) newest = value;
  });
  if (newest) stats.custom.push_back(*newest);
}

ContainerStats read_stats(json::Value value) {
  ContainerStats stats;
  each_member(value, [&stats](std::string_view key, json::Value member) {
    if (key == "timestamp") stats.time = json::time(member);
    if (key == "cpu") read_cpu(member, stats);
    if (key == "memory") read_memory(member, stats);
    if (key == "network") read_network(member, stats);
    if (key == "filesystem") {
      each_element(member, [&](json::Value one) { stats.file_systems.push_back(read_file_system(one)); });
    }
    if (key == "diskio") {
      each_member(member, [&stats](std::string_view name, json::Value part) {
        if (name != "io_service_bytes") return;
        each_element(part, [&](json::Value one) { stats.disks.push_back(read_disk(one)); });
      });
    }
    if (key == "accelerators") {
      each_element(member, [&](json::Value one) { stats.accelerators.push_back(read_accelerator(one)); });
    }
    if (key == "custom_metrics") {
      each_member(member, [&](std::string_view name, json::Value part) { read_custom(name, part, stats); });
    }
  });
  return stats;
}

}  // namespace

CadvisorContainer read_cadvisor_container(json::Value value) {
  CadvisorContainer container;
  std::optional<std::string_view> alias;
  each_member(value, [&](std::string_view key, json::Value member) {
    if (key == "name") container.name = text(member);
    if (key == "spec") container.spec = read_spec(member);
    if (key == "aliases") {
      each_element(member, [&](json::Value one) {
        if (!alias) alias = text(one);
      });
    }
    if (key == "stats") {
      std::optional<json::Value> last;
      each_element(member, [&](json::Value one) { last = one; });
      if (last && !last->is_null()) container.stats = read_stats(*last);
    }
  });
  if (alias) container.name = *alias;
  return container;
}

}  // namespace kubevitals::usage
