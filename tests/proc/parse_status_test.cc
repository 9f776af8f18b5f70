#include <string>

#include <gtest/gtest.h>

#include "strayd/proc/parse.h"

namespace strayd {
namespace {

const Observed<int> kNoDepth = std::unexpected(Unread::Failed);
const Observed<uid_t> kNoUid = std::unexpected(Unread::Failed);
const Observed<pid_t> kNoTracer = std::unexpected(Unread::Failed);
const Observed<bool> kNoHangup = std::unexpected(Unread::Failed);

Observed<bool> ignores_hangup(const std::string& signals) {
  return parse_status("SigIgn:\t" + signals + "\n").ignores_hangup;
}

TEST(ParseStatus, takes_the_real_uid_the_tracer_and_the_depth) {
  const ProcStatus status = parse_status(
      "Name:\tnode\nTracerPid:\t77\nUid:\t1000\t1001\t1002\t1003\n"
      "NStgid:\t5\t4\t3\nNSpid:\t5\t4\nNSpgid:\t5\n");
  EXPECT_EQ(status.uid, uid_t{1000});
  EXPECT_EQ(status.tracer, pid_t{77});
  EXPECT_EQ(status.pid_namespace_depth, 2);
}

TEST(ParseStatus, does_not_believe_a_name) {
  // The kernel writes a newline in the name as \n.
  const ProcStatus status = parse_status(
      "Name:\tx\\nUid:\\t0\nUid:\t1000\t0\t0\t0\nTracerPid:\t0\nNSpid:\t9\n");
  EXPECT_EQ(status.uid, uid_t{1000});
  EXPECT_EQ(status.tracer, pid_t{0});
  EXPECT_EQ(status.pid_namespace_depth, 1);
}

TEST(ParseStatus, takes_bytes_that_are_no_text) {
  const std::string name("\xff\x1b[2J\0", 6);
  const ProcStatus status =
      parse_status("Name:\t" + name + "\nUid:\t7\t7\t7\t7\n");
  EXPECT_EQ(status.uid, uid_t{7});
}

TEST(ParseStatus, takes_the_lowest_of_the_ignored_signals) {
  EXPECT_EQ(ignores_hangup("0000000000000001"), true);
  EXPECT_EQ(ignores_hangup("0000000001001007"), true);
  EXPECT_EQ(ignores_hangup("fffffffffffffffe"), false);
  EXPECT_EQ(ignores_hangup("0000000000000000"), false);
}

TEST(ParseStatus, takes_no_set_of_signals_that_is_not_whole) {
  for (const std::string text : {"",
                                 "1",
                                 "000000000000001",
                                 "00000000000000001",
                                 "000000000000000g",
                                 "-000000000000001",
                                 "0x00000000000001"}) {
    EXPECT_EQ(ignores_hangup(text), kNoHangup) << text;
  }
  EXPECT_EQ(parse_status("SigIgn:\t0000000000000001").ignores_hangup, kNoHangup)
      << "the line is cut off";
  EXPECT_EQ(ignores_hangup("0000000000000001\nSigIgn:\t0000000000000000"),
            kNoHangup);
}

TEST(ParseStatus, trusts_no_line_that_is_there_twice) {
  const ProcStatus status =
      parse_status("Name:\tx\nUid:\t0\t0\t0\t0\nUid:\t1000\t0\t0\t0\n");
  EXPECT_EQ(status.uid, kNoUid);
}

TEST(ParseStatus, misses_what_is_not_there) {
  EXPECT_EQ(parse_status(""), ProcStatus{});
  EXPECT_EQ(parse_status("Name:\tnode\n"), ProcStatus{});
}

TEST(ParseStatus, misses_what_is_malformed) {
  const ProcStatus status =
      parse_status("Uid:\t\nTracerPid:\t-\nNSpid:\t5\tx\n");
  EXPECT_EQ(status.uid, kNoUid);
  EXPECT_EQ(status.tracer, kNoTracer);
  EXPECT_EQ(status.pid_namespace_depth, kNoDepth);
}

TEST(ParseStatus, trusts_no_line_that_is_cut_off) {
  EXPECT_EQ(parse_status("Uid:\t1000").uid, kNoUid);
  EXPECT_EQ(parse_status("NSpid:\t5").pid_namespace_depth, kNoDepth);
}

}  // namespace
}  // namespace strayd
