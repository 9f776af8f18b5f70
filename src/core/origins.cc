// From whom each living process comes, folded scan by scan. What is below its
// owner is seen to be so; what is not any more keeps what was known of it.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <unordered_map>
#include <utility>

#include "strayd/core/text.h"

#include "remember.h"

namespace strayd {
namespace {

using Owner = Origin::Owner;

// A shell says so of a child that a signal ended, and programs that end
// themselves for one do, too: 128 and the signal, of which there are 64.
constexpr int kBySignal = 128;
constexpr int kSignals = 64;

bool ended_by_itself(const ExitStatus& status) {
  return status.how == ExitStatus::How::Exited &&
         (status.value <= kBySignal || status.value > kBySignal + kSignals);
}

// The kernel's news: who bore whom, and how each ended, in their order. A pid
// that was used twice is two.
class News {
 public:
  explicit News(const Life& life) : held_(life.ends) {
    std::size_t order = 0;
    for (const auto& event : life.events) {
      ++order;
      if (const auto* birth = std::get_if<Life::Birth>(&event)) {
        births_[{birth->child, order}] = birth->parent;
      } else if (const auto* end = std::get_if<Life::End>(&event)) {
        ends_[{end->pid, order}] = end->status;
      }
    }
  }

  struct Birth {
    pid_t parent = 0;
    std::size_t order = 0;
  };
  static constexpr std::size_t kNow = std::numeric_limits<std::size_t>::max();

  // The newest of that pid before that; nullopt: none was told.
  std::optional<Birth> birth(pid_t child, std::size_t before) const {
    auto found = births_.lower_bound({child, before});
    if (found == births_.begin()) return std::nullopt;
    --found;
    if (found->first.first != child) return std::nullopt;
    return Birth{.parent = found->second, .order = found->first.second};
  }

  // Of one that was born then; 0: that was there at the last look.
  ExitStatus end(pid_t pid, std::size_t born) const {
    const auto end = ends_.upper_bound({pid, born});
    if (end == ends_.end() || end->first.first != pid) return {};
    const auto next = births_.upper_bound({pid, born});
    const bool is_of_next = next != births_.end() && next->first.first == pid &&
                            next->first.second < end->first.second;
    return is_of_next ? ExitStatus{} : end->second;
  }

  // Of one that was there at the last look.
  ExitStatus end_of(const ProcId& id) const {
    const auto held = held_.find(id);
    const bool is_told = held != held_.end() && is_known(held->second);
    return is_told ? held->second : end(id.pid, 0);
  }

 private:
  using Told = std::pair<pid_t, std::size_t>;  // a pid, and when
  const std::map<ProcId, ExitStatus>& held_;
  std::map<Told, pid_t> births_{};  // by child, of its parent
  std::map<Told, ExitStatus> ends_{};
};

class Fold {
 public:
  Fold(Memory& after,
       const Memory& before,
       const Scene& scene,
       const Life& life)
      : after_(after),
        before_(before),
        scene_(scene),
        news_(life),
        owners_(processes().size()),
        owned_(processes().size(), kNobody),
        settled_(processes().size(), kOpen) {}

  void run() {
    index_owners();
    own_launches();
    own_daemons();
    own_supervisors();
    for (const Process& process : processes()) {
      if (is_kernel_thread(process) || is_dead(process)) continue;
      settle_line(process);
    }
    keep();
  }

 private:
  static constexpr int kNobody = -1;
  static constexpr int kOpen = -2;

  const std::vector<Process>& processes() const {
    return scene_.evidence.snapshot.processes;
  }
  std::size_t place(const Process& process) const {
    return static_cast<std::size_t>(&process - processes().data());
  }
  BootTime now() const { return scene_.evidence.snapshot.taken; }

  // ---- who is below whom

  void index_owners() {
    for (const auto& [key, launch] : after_.launches) {
      if (!launch.root) continue;
      if (!launch.cluster) sessions_.emplace(*launch.root, &key);
      const Process* root = scene_.forest.find(*launch.root);
      if (root == nullptr || is_dead(*root)) continue;
      roots_.emplace(root, &key);
      owners_[place(*root)] = true;
    }
    for (const auto& [pid, home] : scene_.daemons()) {
      if (const Process* daemon = scene_.forest.find(pid)) {
        owners_[place(*daemon)] = true;
      }
    }
    for (const Process& process : processes()) {
      if (process.id.pid == 1 || is_kernel_thread(process) ||
          is_dead(process) || owners_[place(process)]) {
        continue;
      }
      auto name = scene_.supervisor_name(process);
      if (!name) continue;
      supervisors_.emplace_back(&process, *std::move(name));
      owners_[place(process)] = true;
    }
  }

  // All below it that nobody nearer owns.
  void own(const Process& top, Origin origin, bool itself) {
    const int number = static_cast<int>(origins_.size());
    origins_.push_back(std::move(origin));
    if (top.id.pid != 1) tops_.emplace(&top, number);
    std::vector<const Process*> open{&top};
    while (!open.empty()) {
      const Process* above = open.back();
      open.pop_back();
      if (above != &top || itself) owned_[place(*above)] = number;
      for (const Process* child : scene_.forest.children(above->id.pid)) {
        const std::size_t at = place(*child);
        if (owners_[at] || owned_[at] != kNobody) continue;
        if (is_adopted(*child, *above)) continue;
        open.push_back(child);
      }
    }
  }

  // A daemon that is pid 1 (a container's) also gets those that have lost their
  // parents: whoever was seen below a launch, or has its cookie, and is not
  // what PM2 itself has started for it.
  bool is_adopted(const Process& child, const Process& above) const {
    if (above.id.pid != 1) return false;
    const auto before = before_.origins.find(child.id);
    if (before != before_.origins.end() &&
        before->second.owner != Owner::Forgotten) {
      return before->second.owner == Owner::Launch &&
             before->second.parent != above.id;
    }
    const CookieReading reading = scene_.cookie(child);
    const auto* cookie = std::get_if<Cookie>(&reading);
    return cookie != nullptr && !cookie->cluster &&
           !is_own_child(child, scene_.launch_of(*cookie));
  }

  void own_launches() {
    for (const auto& [root, key] : roots_) {
      own(*root,
          {.owner = Owner::Launch,
           .launch = *key,
           .name = after_.launches.at(*key).app,
           .root = root->id},
          true);
    }
  }

  void own_daemons() {
    for (const auto& [pid, home] : scene_.daemons()) {
      const Process* daemon = scene_.forest.find(pid);
      if (daemon == nullptr || is_dead(*daemon)) continue;
      const Pm2View* view = scene_.view(home);
      const std::string& path = view == nullptr ? home : view->home;
      own(*daemon,
          {.owner = Owner::Pm2,
           .launch = {.instance = {.home = path}},
           .root = daemon->id},
          false);
    }
  }

  void own_supervisors() {
    for (const auto& [process, name] : supervisors_) {
      own(*process,
          {.owner = Owner::Supervisor, .name = name, .root = process->id},
          false);
    }
  }

  // ---- the origin of each

  // Parents first: what they are their children inherit.
  void settle_line(const Process& process) {
    std::vector<const Process*>& open = line_;
    open.assign(1, &process);
    while (open.size() <= Forest::kDeepest) {
      const Process& top = *open.back();
      if (settled_[place(top)] != kOpen || owned_[place(top)] != kNobody) break;
      const Process* parent = parent_of(top);
      if (parent == nullptr) break;
      open.push_back(parent);
    }
    for (; !open.empty(); open.pop_back()) {
      if (settled_[place(*open.back())] == kOpen) settle(*open.back());
    }
  }

  // What adopts is nobody's parent.
  const Process* parent_of(const Process& process) const {
    const Process* parent = scene_.forest.find(process.parent);
    if (parent == nullptr || parent == &process || parent->id.pid == 1 ||
        is_kernel_thread(*parent) ||
        parent->id.start_ticks > process.id.start_ticks) {
      return nullptr;
    }
    return parent;
  }

  // nullptr: it has none that is known.
  const Origin* known(const Process& process) const {
    const int number = settled_[place(process)];
    return number < 0 ? nullptr : &found_.at(static_cast<std::size_t>(number));
  }

  const Origin* owner_of(const Process& process) const {
    const int number = owned_[place(process)];
    return number == kNobody ? nullptr
                             : &origins_.at(static_cast<std::size_t>(number));
  }

  void settle(const Process& process) {
    std::optional<Origin> settled = origin(process);
    settled_[place(process)] =
        settled ? static_cast<int>(found_.size()) : kNobody;
    if (settled) found_.push_back(*std::move(settled));
  }

  std::optional<Origin> origin(const Process& process) {
    const auto before = before_.origins.find(process.id);
    const Origin* past =
        before == before_.origins.end() ? nullptr : &before->second;
    if (const Origin* owner = owner_of(process)) {
      return seen_below(process, *owner, past);
    }
    if (scene_.daemon_of(process)) return std::nullopt;
    if (past != nullptr && past->owner != Owner::Forgotten) {
      return kept(process, renamed(*past));
    }
    if (auto origin = found(process)) return origin;
    return past != nullptr ? *past : forgotten(process);
  }

  Origin renamed(Origin past) const {
    const Pm2View* view = scene_.view(past.launch.instance.home);
    if (view != nullptr) past.launch.instance.home = view->home;
    return past;
  }

  std::optional<Origin> seen_below(const Process& process,
                                   Origin owned,
                                   const Origin* past) {
    if (owned.owner == Owner::Pm2) {
      // A launch that was seen stays what it is of.
      if (past != nullptr && past->owner == Owner::Launch) owned = *past;
      if (past == nullptr || past->owner == Owner::Forgotten) {
        if (auto named = by_cookie(process)) owned = *std::move(named);
      }
    }
    owned.since =
        past != nullptr && past->since != BootTime{} ? past->since : now();
    owned.until = now();
    const Process* parent = scene_.forest.find(process.parent);
    owned.parent = parent == nullptr ? ProcId{} : parent->id;
    owned.parting = Parting::None;
    return owned;
  }

  // It is not below its owner (any more).
  std::optional<Origin> kept(const Process& process, Origin origin) {
    if (origin.parting != Parting::None) return origin;
    origin.parting = parting_of(process, origin, news_.end_of(origin.parent));
    return origin;
  }

  Parting parting_of(const Process& process,
                     const Origin& origin,
                     const ExitStatus& end) const {
    const Process* parent = parent_of(process);
    if (parent != nullptr && parent->id == origin.parent) {
      // It is the parent that has parted.
      if (const Origin* above = known(*parent)) return above->parting;
    }
    if (origin.owner != Owner::Launch) return Parting::Unseen;
    const auto found = after_.launches.find(origin.launch);
    const LaunchMemory launch =
        found == after_.launches.end() ? LaunchMemory{} : found->second;
    return origin.parent == origin.root
               ? parted_from_root(process, launch, end)
               : parted_from_other(process, origin, launch, end);
  }

  // With its launch; but a launcher that PM2 does not start again, and that
  // ends well, has done what it was for.
  Parting parted_from_root(const Process& process,
                           const LaunchMemory& launch,
                           const ExitStatus& end) const {
    if (launch.restarts || launch.wanted) return Parting::Left;
    if (!is_known(end)) return unseen(process, launch);
    const bool well = end.how == ExitStatus::How::Exited && end.value == 0;
    return well && scene_.is_daemonized(process) ? Parting::LetGo
                                                 : Parting::Left;
  }

  Parting parted_from_other(const Process& process,
                            const Origin& origin,
                            const LaunchMemory& launch,
                            const ExitStatus& end) const {
    if (is_known(end) && !ended_by_itself(end)) return Parting::Left;
    if (!is_known(end)) return unseen(process, launch);
    const Process* root = scene_.forest.find(origin.root);
    const bool lives = root != nullptr && !is_dead(*root);
    // Which of the two ended first was not seen.
    if (!lives) return unseen(process, launch);
    if (launch.wanted) return Parting::Left;
    return scene_.is_daemonized(process) ? Parting::LetGo : Parting::Left;
  }

  Parting unseen(const Process& process, const LaunchMemory& launch) const {
    const bool held =
        scene_.is_daemonized(process) && launch.root != process.id;
    return held ? Parting::Unseen : Parting::Left;
  }

  // ---- what is new here

  std::optional<Origin> found(const Process& process) {
    const auto parent = by_parent(process);
    if (parent && parent->owner != Owner::Forgotten) return parent;
    if (auto origin = by_session(process)) return origin;
    const auto birth = by_birth(process);
    if (birth && birth->owner != Owner::Forgotten) return birth;
    if (auto origin = by_cookie(process)) {
      origin->parting = parting_by_cookie(process, *origin);
      return origin;
    }
    return parent ? parent : birth;
  }

  std::optional<Origin> by_parent(const Process& process) const {
    const Process* parent = parent_of(process);
    const Origin* above = parent == nullptr ? nullptr : known(*parent);
    if (above == nullptr) return std::nullopt;
    Origin origin = *above;
    origin.parent = parent->id;
    return origin;
  }

  // Whose origin may have been lost is not one that never had any. What opens
  // sessions starts the works of others, and is left out.
  std::optional<Origin> forgotten(const Process& process) const {
    const bool older =
        before_.forgotten && process.started <= *before_.forgotten;
    if (!older || process.id.pid == 1 || opens_sessions(process)) {
      return std::nullopt;
    }
    return Origin{.owner = Owner::Forgotten,
                  .since = now(),
                  .until = now(),
                  .parting = Parting::Unseen};
  }

  // The number of a session, or of a group, is not used again while a member
  // lives. Once the last of them is gone it is anybody's, so a launch whose own
  // child ended before the last look says nothing of it.
  std::optional<Origin> by_session(const Process& process) const {
    for (const pid_t leader : {process.session, process.group}) {
      auto found = sessions_.upper_bound(
          {.pid = leader, .start_ticks = process.id.start_ticks});
      if (found == sessions_.begin()) continue;
      --found;
      if (found->first.pid != leader || !leads(found->first)) continue;
      const LaunchMemory& launch = after_.launches.at(*found->second);
      return Origin{.owner = Owner::Launch,
                    .launch = *found->second,
                    .name = launch.app,
                    .root = *launch.root,
                    .parting = unseen(process, launch)};
    }
    return std::nullopt;
  }

  // Now, or when it was last looked.
  bool leads(const ProcId& root) const {
    const Process* now = scene_.forest.find(root.pid);
    return now != nullptr ? now->id == root : before_.origins.contains(root);
  }

  // The kernel told whose child it is, or its parent's, though they are gone.
  std::optional<Origin> by_birth(const Process& process) const {
    const auto first = news_.birth(process.id.pid, News::kNow);
    auto born = first;
    for (std::size_t up = 0; born && up < Forest::kDeepest; ++up) {
      const auto [id, origin] = once(process, *born);
      if (origin != nullptr) return born_of(process, *origin, id, *first);
      born = news_.birth(born->parent, born->order);
    }
    return std::nullopt;
  }

  // With the origin of that ancestor. Only of its parent the end counts.
  Origin born_of(const Process& process,
                 Origin origin,
                 const ProcId& ancestor,
                 const News::Birth& birth) const {
    const auto parent = news_.birth(birth.parent, birth.order);
    const bool was_there = !parent && ancestor.pid == birth.parent;
    origin.parent = was_there ? ancestor : ProcId{.pid = birth.parent};
    origin.parting = parting_of(
        process,
        origin,
        was_there ? news_.end_of(ancestor)
                  : news_.end(birth.parent, parent ? parent->order : 0));
    return origin;
  }

  // The parent in a birth, with its origin. What has that pid now, or had it at
  // the last look, may be another.
  std::pair<ProcId, const Origin*> once(const Process& process,
                                        const News::Birth& birth) const {
    const auto newest = news_.birth(birth.parent, News::kNow);
    const Process* alive = scene_.forest.find(birth.parent);
    if (alive != nullptr && alive->id.start_ticks <= process.id.start_ticks &&
        (!newest || newest->order < birth.order)) {
      if (const Origin* origin = told_of(*alive)) return {alive->id, origin};
    }
    if (news_.birth(birth.parent, birth.order)) return {};
    const auto past = before_.origins.lower_bound({.pid = birth.parent});
    if (past == before_.origins.end() || past->first.pid != birth.parent) {
      return {};
    }
    return {past->first, &past->second};
  }

  // What its children are of, as far as that is known by now.
  const Origin* told_of(const Process& process) const {
    if (const Origin* owner = owner_of(process)) return owner;
    const auto top = tops_.find(&process);
    if (top != tops_.end()) {
      return &origins_.at(static_cast<std::size_t>(top->second));
    }
    return known(process);
  }

  std::optional<Origin> by_cookie(const Process& process) const {
    auto origin = scene_.origin_by_cookie(process);
    if (!origin) return std::nullopt;
    const LaunchMemory& launch = after_.launches.at(origin->launch);
    if (launch.root) origin->root = *launch.root;
    return origin;
  }

  Parting parting_by_cookie(const Process& process,
                            const Origin& origin) const {
    const LaunchMemory& launch = after_.launches.at(origin.launch);
    return is_own_child(process, origin.launch) ? Parting::Left
                                                : unseen(process, launch);
  }

  bool is_own_child(const Process& process, const LaunchKey& key) const {
    const auto found = after_.launches.find(key);
    if (found != after_.launches.end() && found->second.root) {
      return *found->second.root == process.id;
    }
    return scene_.looks_like_own_child(process);
  }

  // ---- what is kept

  void keep() {
    after_.origins.clear();
    after_.forgotten = before_.forgotten;
    for (const Process& process : processes()) {
      const int number = settled_[place(process)];
      if (number < 0) continue;
      if (after_.origins.size() == kMostOrigins) {
        // Whoever is forgotten may not be taken for one that never had any.
        after_.forgotten = now();
        return;
      }
      after_.origins.emplace_hint(
          after_.origins.end(),
          process.id,
          std::move(found_.at(static_cast<std::size_t>(number))));
    }
  }

  Memory& after_;
  const Memory& before_;
  const Scene& scene_;
  News news_;
  std::map<const Process*, const LaunchKey*> roots_{};
  std::vector<std::pair<const Process*, std::string>> supervisors_{};
  std::map<ProcId, const LaunchKey*> sessions_{};   // by their leader
  std::vector<Origin> origins_{};                   // of the owners
  std::unordered_map<const Process*, int> tops_{};  // the owners themselves
  std::vector<Origin> found_{};                     // of the processes
  // By the place of a process in the snapshot.
  std::vector<bool> owners_;
  std::vector<int> owned_;    // its owner among origins_
  std::vector<int> settled_;  // its own among found_
  std::vector<const Process*> line_{};
};

}  // namespace

void remember_origins(Memory& after,
                      const Memory& before,
                      const Scene& scene,
                      const Life& life) {
  Fold(after, before, scene, life).run();
}

}  // namespace strayd
