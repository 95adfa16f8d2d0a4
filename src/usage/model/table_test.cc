#include "usage/model/table.h"

#include <gtest/gtest.h>

namespace kubevitals::usage {
namespace {

TEST(Table, AColumnThatComesLateIsAbsentInTheRowsBefore) {
  Table table;
  table.add_row(1, 2);
  table.add_row(3, kNoTime);
  EXPECT_FALSE(table.has(Metric::kCpuUsage, 0));
  table.set(Metric::kCpuUsage, 1, 7);
  EXPECT_EQ(table.add_row(5, 6), 2U);
  EXPECT_EQ(table.get(Metric::kCpuUsage, 0), kAbsent);
  EXPECT_EQ(table.get(Metric::kCpuUsage, 1), 7);
  EXPECT_EQ(table.get(Metric::kCpuUsage, 2), kAbsent);
  EXPECT_EQ(table.scrape_time(2), 5);
  EXPECT_EQ(table.start_time(1), kNoTime);
}

TEST(Table, SumsOfIntegersAndFloats) {
  Table from;
  Table to;
  from.add_row(0, 0);
  to.add_row(0, 0);
  add_value(from, 0, to, 0, Metric::kMemoryUsage);
  EXPECT_FALSE(to.has(Metric::kMemoryUsage, 0));
  from.set(Metric::kMemoryUsage, 0, std::numeric_limits<Value>::max());
  from.set(Metric::kNetworkRxRate, 0, from_float(0.5));
  for (int i = 0; i < 2; ++i) {
    add_value(from, 0, to, 0, Metric::kMemoryUsage);
    add_value(from, 0, to, 0, Metric::kNetworkRxRate);
  }
  EXPECT_EQ(to.get(Metric::kMemoryUsage, 0), -2) << "wraps";
  EXPECT_EQ(as_float(to.get(Metric::kNetworkRxRate, 0)), 1.0);
}

struct Item {
  std::uint16_t number;
};

TEST(Pool, ListIsSharedUntilItDiffers) {
  Pool<std::string> first(nullptr);
  EXPECT_EQ(first.add("a"), 0);
  EXPECT_EQ(first.add("b"), 1);
  EXPECT_EQ(first.add("a"), 0);
  const auto list = first.take();
  Pool<std::string> same(list);
  EXPECT_EQ(same.add("b"), 1);
  EXPECT_EQ(same.take(), list);
  Pool<std::string> more(list);
  EXPECT_EQ(more.add("c"), 2);
  EXPECT_EQ(*more.take(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(list->size(), 2U);
  EXPECT_EQ(Pool<std::string>(nullptr).take(), nullptr);
}

TEST(Pool, NumbersAreFoundInAnyOrder) {
  Pool<std::string> pool(nullptr);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(pool.add(std::to_string(i)), i);
  for (int i = 999; i >= 0; i -= 7) ASSERT_EQ(pool.add(std::to_string(i)), i);
}

TEST(Pool, WhatFindsNoRoomIsDropped) {
  Pool<std::string> pool(nullptr);
  for (int i = 0; i < 65'535; ++i) ASSERT_EQ(pool.add(std::to_string(i)), i);
  std::vector<Item> items{{pool.add("one too many")}, {pool.add("65534")}, {pool.add("7")}};
  EXPECT_EQ(items[0].number, kNoNumber);
  pool.fit(items, &Item::number);
  ASSERT_EQ(items.size(), 2U);
  const auto list = pool.take();
  ASSERT_EQ(list->size(), 2U) << "and what nothing refers to is forgotten";
  EXPECT_EQ((*list)[items[0].number], "65534");
  EXPECT_EQ((*list)[items[1].number], "7");
}

}  // namespace
}  // namespace kubevitals::usage
