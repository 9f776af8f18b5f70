// What is good and yet means nothing on this host.
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "strayd/config/config.h"

#include "config/text.h"
#include "support/temp_dir.h"

namespace strayd {
namespace {

class Warnings : public testing::Test {
 protected:
  std::string in(const std::string& name) const { return directory_ / name; }
  static std::string of(const std::string& text) {
    parsed(text);
    return config_warnings(text, "t");
  }

 private:
  test::TempDir directory_{};
};

TEST_F(Warnings, are_none_of_the_default) {
  EXPECT_EQ(config_warnings(default_config_text(), "t"), "");
}

TEST_F(Warnings, tell_where_a_directory_is_named_that_does_not_exist) {
  EXPECT_EQ(of("{\"rules\": [{\"name\": \"r\", \"pattern\": \"x\",\n"
               "  \"exe\": \"y\", \"cwd\": \"" +
               in("no") + "\"}]}"),
            "t:2:22: rules[0].cwd: warning: the directory \"" + in("no") +
                "\" does not exist; nothing is there to match");
}

TEST_F(Warnings, look_at_every_list_that_names_directories) {
  for (const char* list : {"protect", "supervisors", "carriers"}) {
    const std::string text = std::string("{\"") + list +
                             R"(": [{"name": "p", "cwd": ")" + in("no") +
                             "\"}]}";
    EXPECT_NE(
        of(text).find(std::string(list) + "[0].cwd: warning: the directory"),
        std::string::npos)
        << of(text);
  }
  EXPECT_NE(of(R"({"pidfiles": [")" + in("no") + "\"]}")
                .find("pidfiles[0]: warning: the directory"),
            std::string::npos);
}

TEST_F(Warnings, are_none_of_what_a_link_leads_to) {
  std::filesystem::create_directory(in("real"));
  std::filesystem::create_symlink("real", in("link"));
  EXPECT_EQ(of(R"({"pidfiles": [")" + in("link") + "\"]}"), "");
  std::filesystem::create_symlink("gone", in("broken"));
  EXPECT_NE(of(R"({"pidfiles": [")" + in("broken") + "\"]}"), "");
}

TEST_F(Warnings, tell_of_a_file_where_a_directory_should_be) {
  std::ofstream(in("file")) << "x";
  EXPECT_NE(of(R"({"pidfiles": [")" + in("file") + "\"]}"), "");
}

TEST_F(Warnings, are_bounded_and_say_how_many_more_there_are) {
  std::string text = "{\"pidfiles\": [";
  for (int i = 0; i < 30; ++i) {
    text += (i == 0 ? "\"" : ",\"") + in("no") + "\"";
  }
  EXPECT_TRUE(of(text + "]}").ends_with("t: 10 more warnings"));
}

}  // namespace
}  // namespace strayd
