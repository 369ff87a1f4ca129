/**
 * The OCI runtime specification, sentence by sentence, asked of any runtime from outside and from
 * inside its containers.
 *
 * <p>{@code catalogue.txt} lists the sentences. A method of a {@code ...Checks} class that bears
 * {@link dev.carafe.conformance.oci.Says} tries them on a {@link
 * dev.carafe.conformance.oci.Subject}. {@code expectations.txt} lists what is known to fail, and
 * why. {@link dev.carafe.conformance.oci.OciSuiteTest} runs all and writes the table.
 */
@org.jspecify.annotations.NullMarked
package dev.carafe.conformance.oci;
