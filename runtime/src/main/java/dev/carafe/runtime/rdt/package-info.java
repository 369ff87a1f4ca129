/** Intel's Resource Director Technology: classes of service and monitoring groups. */
@NullMarked
package dev.carafe.runtime.rdt;

import org.jspecify.annotations.NullMarked;
