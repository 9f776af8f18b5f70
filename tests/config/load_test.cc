#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/config/config.h"
#include "strayd/core/policy.h"
#include "strayd/core/result.h"

namespace strayd {
namespace {

class Load : public testing::Test {
 public:
  Load() {
    std::string name =
        (std::filesystem::temp_directory_path() / "strayd-config-XXXXXX")
            .string();
    if (::mkdtemp(name.data()) != nullptr) directory_ = name;
  }
  ~Load() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 protected:
  std::string path(const std::string& name) const {
    return directory_ + "/" + name;
  }
  std::string write(const std::string& text) const {
    std::ofstream(path("strayd.json")) << text;
    return path("strayd.json");
  }

 private:
  std::string directory_{};
};

TEST_F(Load, reads_a_file) {
  const Result<Config> config = load_config(write(R"({"mode": "enforce"})"));
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->policy.mode, Mode::Enforce);
}

TEST_F(Load, names_the_file_in_its_errors) {
  const std::string file = write(R"({"mode": 1})");
  EXPECT_THAT(load_config(file).error().what,
              testing::StartsWith(file + ":1:10: mode: expected"));
}

TEST_F(Load, tells_which_file_is_not_there) {
  const Result<Config> config = load_config(path("absent.json"));
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().fault, Fault::NotFound);
  EXPECT_THAT(config.error().what, testing::HasSubstr(path("absent.json")));
}

TEST_F(Load, stops_at_a_file_that_is_too_large) {
  const Result<Config> config =
      load_config(write("{}" + std::string(std::size_t{1024} * 1024, ' ')));
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().fault, Fault::Exhausted);
}

TEST_F(Load, does_not_wait_at_a_pipe) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(load_config(path("pipe")));
}

}  // namespace
}  // namespace strayd
