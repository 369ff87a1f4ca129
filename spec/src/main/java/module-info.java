/** What the OCI says: runtime-spec 1.3 as records, JSON in and out, validation. */
@org.jspecify.annotations.NullMarked
module dev.carafe.spec {
  requires static transitive org.jspecify;

  exports dev.carafe.spec;
}
