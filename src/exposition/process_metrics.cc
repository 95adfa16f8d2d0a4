#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

#include "exposition/metric_writer.h"

namespace kubevitals::exposition {
namespace {

using Type = MetricWriter::Type;

// What is needed of /proc/self/stat; see proc(5).
struct ProcessStat {
  unsigned long long user_ticks = 0;
  unsigned long long system_ticks = 0;
  unsigned long long threads = 0;
  unsigned long long start_ticks = 0;  // since the machine started
  unsigned long long virtual_bytes = 0;
  long long resident_pages = 0;
};

std::optional<ProcessStat> read_stat() {
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t end_of_name = text.rfind(") ");  // the name may contain anything
  if (end_of_name == std::string::npos) return std::nullopt;
  ProcessStat stat;
  const int fields = std::sscanf(
      text.c_str() + end_of_name + 2,
      "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %llu %*d %llu %llu %lld",
      &stat.user_ticks, &stat.system_ticks, &stat.threads, &stat.start_ticks, &stat.virtual_bytes,
      &stat.resident_pages);
  return fields == 6 ? std::optional(stat) : std::nullopt;
}

// In Unix time.
std::optional<double> machine_start() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return std::nullopt;
}

std::optional<double> open_files() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return std::nullopt;
  double count = -3;  // ".", ".." and this directory's own
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

}  // namespace

void write_process_metrics(MetricWriter& writer) {
  const double ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  if (const std::optional<ProcessStat> stat = read_stat()) {
    writer.family("process_cpu_seconds_total", Type::kCounter, "User and system CPU time spent.");
    writer.sample(static_cast<double>(stat->user_ticks + stat->system_ticks) / ticks_per_second);
    writer.family("process_resident_memory_bytes", Type::kGauge, "Resident memory.");
    writer.sample(static_cast<double>(stat->resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE)));
    writer.family("process_virtual_memory_bytes", Type::kGauge, "Virtual memory.");
    writer.sample(static_cast<double>(stat->virtual_bytes));
    writer.family("process_threads", Type::kGauge, "Threads.");
    writer.sample(static_cast<double>(stat->threads));
    if (const std::optional<double> start = machine_start()) {
      writer.family("process_start_time_seconds", Type::kGauge, "When the process started, in Unix time.");
      writer.sample(*start + static_cast<double>(stat->start_ticks) / ticks_per_second);
    }
  }
  if (const std::optional<double> count = open_files()) {
    writer.family("process_open_fds", Type::kGauge, "Open file descriptors.");
    writer.sample(*count);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    writer.family("process_max_fds", Type::kGauge, "Most file descriptors that may be open.");
    writer.sample(static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace kubevitals::exposition
