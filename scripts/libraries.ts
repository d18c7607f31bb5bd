/** Libraries of Debian packages that go into the executable. */
export interface CarriedLibrary {
  /** As people call it. */
  readonly name: string;
  /** Debian package that brings it. */
  readonly debian: string;
  /** SPDX expression for the part that the executable carries; the package's copyright file covers more than that. */
  readonly license: string;
}

export interface SharedLibrary extends CarriedLibrary {
  /** Name in our tree. */
  readonly file: string;
  readonly soname: string;
}

export const sharedLibraries: readonly SharedLibrary[] = [
  { name: "zlib", file: "libz.so", soname: "libz.so.1", debian: "zlib1g", license: "Zlib" },
  {
    name: "libelf (elfutils)",
    file: "libelf.so",
    soname: "libelf.so.1",
    debian: "libelf1",
    license: "LGPL-3.0-or-later OR GPL-2.0-or-later",
  },
  { name: "libbpf", file: "libbpf.so", soname: "libbpf.so.1", debian: "libbpf1", license: "LGPL-2.1-only OR BSD-2-Clause" },
];

/** libpcap is linked from its static library: Debian's shared one needs D-Bus and through it half of systemd. */
export const libpcap = {
  name: "libpcap",
  archive: "libpcap.a",
  debian: "libpcap0.8-dev",
  license: "BSD-3-Clause",
  libc: "libc.so.6",
  libcDebian: "libc6",
} as const;

export const carriedLibraries: readonly CarriedLibrary[] = [...sharedLibraries, libpcap];
