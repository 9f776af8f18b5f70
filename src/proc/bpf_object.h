// What libbpf gives, owned, and its errors as values.
#pragma once

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>

#include <bpf/libbpf.h>

#include "strayd/core/result.h"
#include "strayd/sys/os.h"

namespace strayd {

struct BpfRelease {
  void operator()(bpf_object* object) const { ::bpf_object__close(object); }
  void operator()(bpf_link* link) const { ::bpf_link__destroy(link); }
  void operator()(ring_buffer* ring) const { ::ring_buffer__free(ring); }
};
template <typename T>
using BpfOwned = std::unique_ptr<T, BpfRelease>;

inline std::unexpected<Error> bpf_failed(const char* what) {
  return std::unexpected(errno_error(what, errno));
}

// `compiled`: the bytes of an object file.
inline Result<BpfOwned<bpf_object>> load_bpf(std::span<const char> compiled) {
  // What it would print goes nowhere else; errno says it, too.
  ::libbpf_set_print(nullptr);
  BpfOwned<bpf_object> object{
      ::bpf_object__open_mem(compiled.data(), compiled.size(), nullptr)};
  if (!object) return bpf_failed("open the BPF program");
  if (::bpf_object__load(object.get()) != 0) {
    return bpf_failed("load the BPF program");
  }
  return object;
}

}  // namespace strayd
