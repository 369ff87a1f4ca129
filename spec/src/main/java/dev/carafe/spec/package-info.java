/**
 * What the OCI runtime-spec 1.3 says for Linux: the configuration as records ({@link
 * dev.carafe.spec.Spec}), JSON in ({@link dev.carafe.spec.SpecReader}) and out ({@link
 * dev.carafe.spec.SpecWriter}), and the rules beyond JSON ({@link dev.carafe.spec.SpecValidator}).
 *
 * <p><b>Records.</b> No component is ever null: what may be absent is an {@code Optional}, an empty
 * list or an empty map. Lists and maps cannot be changed and keep the order of the file. Unsigned
 * 32-bit numbers are longs from 0 to 2^32-1. Unsigned 64-bit numbers are longs with the same 64
 * bits: compare them with {@link java.lang.Long#compareUnsigned} and print them with {@link
 * java.lang.Long#toUnsignedString(long)}; each such component says "unsigned".
 *
 * <p><b>Strictness.</b> A runtime that guesses runs something else than was meant. So these are
 * errors with file, line, column and JSON path: a value of another type (also {@code "1"}, {@code
 * 1.0} or {@code 1e3} for 1), a number out of range, an unknown word where the spec has a closed
 * set, a name that is there twice, a missing part that is required, bytes that are not UTF-8, a NUL
 * character, anything that strict JSON (RFC 8259) does not know, anything after the document, more
 * than 64 levels, more than 4 MiB, a version that is not 1. Three things are allowed since clients
 * rely on them: an unknown field is ignored (config.md, Extensibility), {@code null} means absent
 * except in arrays, and an empty string means absent where a string is optional, as it does to
 * programs in Go. Names must be written as the spec writes them, though Go would also take them in
 * another case; so {@code user} needs both {@code uid} and {@code gid}, that a misspelt one does
 * not become root.
 *
 * <p><b>Bytes.</b> Arguments and paths are bytes on Linux. A byte that is not UTF-8 is a lone
 * surrogate U+DC80 to U+DCFF in strings and an escape in JSON, in both directions.
 *
 * <p>The reader uses a parser of its own and nothing that is slow in a JVM that just started: see
 * {@link dev.carafe.spec.JsonIn}, which is there for other documents too, such as the state file.
 */
@NullMarked
package dev.carafe.spec;

import org.jspecify.annotations.NullMarked;
