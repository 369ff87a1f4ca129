package dev.carafe.runtime.launch;

import dev.carafe.InvalidInputException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.spec.User;
import java.nio.ByteBuffer;

/**
 * Understands {@code user[:group]}. What is all digits is a number, and nothing else is (a name
 * that was taken for the number 0 made processes root: CVE-2026-30892); a name is looked up in the
 * container's own files, which may hold anything.
 */
final class UserLookup {
  private static final int MOST = 1024 * 1024;

  /** The id that means "none" to the kernel. */
  private static final long NONE = 0xffffffffL;

  private UserLookup() {}

  /**
   * Returns the user that the words mean.
   *
   * @param child an agent in the container's root
   * @param words {@code user[:group]}
   * @param base whose group, file mode mask and further groups it has where the words say nothing
   */
  static User find(ChildAgent child, String words, User base) {
    int colon = words.indexOf(':');
    String user = colon < 0 ? words : words.substring(0, colon);
    long uid;
    long gid = base.gid();
    if (isNumber(user)) {
      uid = number(user, words);
    } else {
      String[] entry = entry(child, "/etc/passwd", user, words);
      uid = number(field(entry, 2, words), words);
      gid = number(field(entry, 3, words), words);
    }
    if (colon >= 0) {
      String group = words.substring(colon + 1);
      gid =
          isNumber(group)
              ? number(group, words)
              : number(field(entry(child, "/etc/group", group, words), 2, words), words);
    }
    return new User(uid, gid, base.umask(), base.additionalGids(), base.username());
  }

  private static boolean isNumber(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return !text.isEmpty();
  }

  private static long number(String text, String words) {
    // Ten digits hold every id of 32 bits, and fit.
    if (isNumber(text) && text.length() <= 10) {
      long number = Long.parseLong(text);
      if (number < NONE) {
        return number;
      }
    }
    throw refused(words, "\"" + text + "\" is no id");
  }

  private static String field(String[] entry, int index, String words) {
    if (entry.length <= index) {
      throw refused(words, "its line in the container's file is malformed");
    }
    return entry[index];
  }

  /** Returns the fields of the first line that begins with the name. */
  private static String[] entry(ChildAgent child, String file, String name, String words) {
    if (name.isEmpty() || name.indexOf(':') >= 0) {
      throw refused(words, "\"" + name + "\" is no name; give user[:group]");
    }
    for (String line : read(child, file).split("\n", -1)) {
      if (line.startsWith(name) && line.startsWith(":", name.length())) {
        return line.split(":", -1);
      }
    }
    throw refused(words, "no \"" + name + "\" in the container's " + file);
  }

  private static String read(ChildAgent child, String file) {
    Batch batch = child.batch();
    Calls calls = new Calls(batch).trying();
    String label = "read the container's " + file;
    int flags = Open.RDONLY | Open.NONBLOCK | Open.NOCTTY;
    Ref fd = calls.openat2(label, Arg.CWD, file, flags, 0, Open.RESOLVE_IN_ROOT);
    Batch.Skip none = batch.skip("if there is none", fd, Batch.When.FAILED, 0);
    Data text = batch.space(MOST);
    Ref size = calls.read(label, fd, text);
    calls.close("close " + file, fd);
    batch.endSkip(none);
    int output = batch.output(text);
    Reply reply = child.run(batch);
    ByteBuffer bytes = reply.output(batch, output);
    long got = Math.min(Math.max(0, reply.value(size)), bytes.remaining());
    byte[] read = new byte[(int) got];
    bytes.get(read);
    return OsString.decode(read);
  }

  private static InvalidInputException refused(String words, String why) {
    return new InvalidInputException("cannot tell who user \"" + words + "\" is: " + why);
  }
}
