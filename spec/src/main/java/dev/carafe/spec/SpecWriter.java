package dev.carafe.spec;

/** Writes the documents of the runtime-spec. */
public final class SpecWriter {
  private SpecWriter() {}

  /** Writes a {@code config.json}, indented by tabs as {@code runc spec} does. */
  public static byte[] write(Spec spec) {
    return JsonOut.indented("\t")
        .beginObject()
        .field("ociVersion", spec.ociVersion())
        .endObject()
        .toBytes();
  }
}
