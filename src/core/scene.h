// One scan's evidence with its indexes, shared by the files of the judgement.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "strayd/core/cookie.h"
#include "strayd/core/cookie_reader.h"
#include "strayd/core/fit.h"
#include "strayd/core/forest.h"
#include "strayd/core/judge.h"

namespace strayd {

class Services;

// A live, valid pid of an answering PM2's list.
struct Listed {
  const Pm2Instance* instance = nullptr;
  const Pm2View* view = nullptr;
};

// PM2's pm_uptime lies -5…+15 ms from the start of the pid that it lists
// (measured on 7.0.4); a reused pid lies seconds off.
inline constexpr std::int64_t kSameStartMs = 2000;

class Scene {
 public:
  Scene(const Evidence& from, const Policy& wishes);
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene();

  const Evidence& evidence;
  const Policy& policy;
  Forest forest;

  // Whether a process is what a rule means, by all that is remembered of it.
  Fit fit(const Match& match, const Process& process) const;
  bool matches(const Match& match, const Process& process) const;
  const Pm2View* view(const std::string& home) const;
  // The home whose daemon this is: by its title, as the peer that answered, or
  // as the peer that answered in an earlier scan.
  std::optional<std::string> daemon_of(const Process& process) const;
  // A God Daemon of this user, by its title, that is not the one that answers
  // in the home which it names; nullptr: there is none.
  const Process* unheard_daemon(uid_t uid) const;
  const Listed* listed(const Process& process) const;
  // Listed by PM2, alive, and started at another time than PM2 says.
  const Listed* listed_in_vain(const Process& process) const;
  // Those of daemon_of(), by pid.
  const std::unordered_map<pid_t, std::string>& daemons() const {
    return daemons_;
  }
  // What to call it where it owns what is below it without being a daemon of
  // PM2's; nullopt: it does not.
  std::optional<std::string> supervisor_name(const Process& process) const;
  // strayd itself or one of its ancestors.
  bool is_own(const Process& process) const;
  // One that strayd does not share.
  bool in_container(const Process& process) const;

  // A unit of systemd, as its cgroup shows it.
  struct Unit {
    std::vector<const Process*> members{};  // alive, ascending
    // Its main is known, alive, and neither what a main has left behind nor a
    // process that a rule matches, which might as well be a second one.
    bool has_other_main = false;
    // It opens sessions, or carries a PM2: what runs there is not the unit's.
    bool owns_nothing = false;
  };
  // By its cgroup ("/system.slice/api.service"); nothing is in one that is not
  // known.
  const Unit& unit(std::string_view cgroup) const;
  // Whether this is the invocation of a unit that owns nothing.
  bool opened_sessions(std::string_view invocation) const;

  CookieReading cookie(const Process& process) const;
  // The launch that a cookie names, in its home's one spelling.
  LaunchKey launch_of(const Cookie& cookie) const;

  // As it is remembered; of what began since, from the nearest ancestor that is
  // remembered, else from its cookie.
  std::optional<Origin> origin_of(const Process& process) const;
  // nullopt: it has no whole cookie.
  std::optional<Origin> origin_by_cookie(const Process& process) const;
  // Where no list of PM2's told: what PM2 starts in fork mode leads a session,
  // has that launch's cookie and start, and runs the cookie's own script.
  bool looks_like_own_child(const Process& process) const;
  // It is what PM2 started for its launch, as far as anybody can tell: the
  // worker of a cluster leads no session.
  bool may_be_own_child(const Process& process) const;

  // It leads a session, ignores SIGHUP, or has an output of its own: started to
  // live on (setsid, nohup).
  bool is_daemonized(const Process& process) const;

  // Who serves.
  const Services& services() const;

 private:
  bool is_unheard(const Process& daemon, const std::string& home) const;
  void add_if_unheard(const Process& daemon, const std::string& home);
  void index_daemons();
  void index_lists();
  void index_outputs();
  void index_units();

  CookieReader cookies_;
  std::unordered_map<std::string, const Pm2View*> views_{};
  std::unordered_map<pid_t, std::string> daemons_{};
  std::unordered_map<uid_t, const Process*> unheard_{};
  std::set<FileId> outputs_{};  // of the daemons
  std::unordered_map<pid_t, Listed> listed_{};
  std::unordered_map<pid_t, Listed> in_vain_{};
  std::unordered_map<std::string_view, Unit> units_{};
  mutable std::unique_ptr<const Services> services_{};  // once it is asked for
};

// The claims, strongest first. Each tells of one process, without its
// ancestors, unless it says so.
std::optional<Claim> protected_claim(const Scene& scene,
                                     const Process& process);
// Of the process or of any of its ancestors.
std::optional<Claim> managed_claim(const Scene& scene, const Process& process);
// Everything that makes strayd hold its fire, ancestors included.
std::optional<Claim> held_claim(const Scene& scene, const Process& process);

// systemd starts a service's main process as its own child and as leader of a
// session. What the service leaves behind is neither, and nor is a main that
// has forked itself away (Type=forking, `start.sh &`).
bool is_service_main(const Forest& forest, const Process& process);
// A main, or what a unit has left behind.
bool is_child_of_systemd(const Forest& forest, const Process& process);
// sshd, cron, a display manager, a terminal's server: one that owns nothing of
// what runs in the sessions that it opens.
bool opens_sessions(const Process& process);
// Of a process whose unit's main is this, an ancestor or itself.
std::optional<Claim> systemd_claim(const Scene& scene,
                                   const Process& process,
                                   const Process& ancestor);
// For a process without a cookie: whether systemd may own it nonetheless.
std::optional<Claim> possible_unit_claim(const Scene& scene,
                                         const Process& process);

// The cgroup of the unit that a process is in; nullopt: outside of services.
std::optional<std::string_view> unit_of(const Process& process);
// The invocation of that unit in which a process began (INVOCATION_ID), by its
// own word or that of what is above it in the unit; nullptr: it is not known.
const std::string* invocation_of(const Scene& scene, const Process& process);
// Whether that unit has been started anew since, as far as is known.
bool is_of_earlier_invocation(const Scene& scene, const Process& process);

// What an unclaimed process is: its kind, and why.
struct OrphanKind {
  Standing standing = Standing::Stray;
  Reason reason{};
  std::string app{};
  std::string home{};
};
using OriginJudgement = std::variant<Claim, OrphanKind>;

// For an unclaimed process without a cookie that an earlier invocation of a
// unit has left behind; nullopt: it is no such thing.
std::optional<OrphanKind> left_by_a_unit(const Scene& scene,
                                         const Process& process);

// For a process that comes from somebody.
OriginJudgement judge_origin(const Scene& scene,
                             const Process& process,
                             const Origin& origin);

// The entries that stand for what this launch was: its own, else those of the
// same app and slot that PM2 launched later. Where a slot is not known, all of
// the app's.
std::vector<const Pm2Instance*> successors_of(const Pm2Answer& answer,
                                              const LaunchKey& key,
                                              const LaunchMemory& launch);

// The same executable, and the same script where there is one.
bool is_same_program(const Process& a, const Process& b);

// For a process without: whether a PM2 that could own it does not answer.
std::optional<Claim> silence_claim(const Scene& scene, const Process& process);

// A daemon whose list is not to be believed yet, or not at all.
std::optional<Claim> unsettled_claim(const Scene& scene,
                                     const Pm2View& view,
                                     bool empty_is_fine);
// Of a PM2 that does not answer.
Claim silent_claim(const Pm2View& view);

std::chrono::nanoseconds age(const Snapshot& snapshot, const Process& process);

// "pid 123 (node server.js)": comm alone, no arguments.
std::string named(const Process& process);

Claim held(Why why, std::string text);

}  // namespace strayd
