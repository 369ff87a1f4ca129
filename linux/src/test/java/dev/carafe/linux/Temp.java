package dev.carafe.linux;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** A directory for a test, removed when it is closed. */
final class Temp implements AutoCloseable {
  final Path path;
  final Fd dir;

  Temp() throws IOException {
    path = Files.createTempDirectory("carafe-test-");
    dir = Sys.open(path.toString(), Open.RDONLY | Open.DIRECTORY, 0);
  }

  @Override
  public void close() throws IOException {
    dir.close();
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path each, @Nullable IOException e)
              throws IOException {
            Files.delete(each);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
