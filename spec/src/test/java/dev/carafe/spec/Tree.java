package dev.carafe.spec;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A JSON document whose parts can be changed by their paths. */
final class Tree {
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls().create();

  private final JsonElement root;

  private Tree(JsonElement root) {
    this.root = root;
  }

  static Tree of(byte[] json) {
    return new Tree(JsonParser.parseString(new String(json, StandardCharsets.UTF_8)));
  }

  /** Returns a copy in which the part at a path has another value; a new field is added. */
  Tree with(String path, String json) {
    Tree copy = new Tree(root.deepCopy());
    JsonElement value = JsonParser.parseString(json);
    if (path.equals("$")) {
      return new Tree(value);
    }
    Place place = copy.place(path);
    if (place.parent.isJsonArray()) {
      JsonArray array = place.parent.getAsJsonArray();
      int index = Integer.parseInt(place.last);
      if (index == array.size()) {
        array.add(value);
      } else {
        array.set(index, value);
      }
    } else {
      place.parent.getAsJsonObject().add(place.last, value);
    }
    return copy;
  }

  /** Returns a copy without the field at a path. */
  Tree without(String path) {
    Tree copy = new Tree(root.deepCopy());
    Place place = copy.place(path);
    place.parent.getAsJsonObject().remove(place.last);
    return copy;
  }

  /** Returns all parts by their paths, in a fixed order. */
  Map<String, JsonElement> parts() {
    Map<String, JsonElement> parts = new TreeMap<>();
    collect("$", root, parts);
    return parts;
  }

  byte[] bytes() {
    return GSON.toJson(root).getBytes(StandardCharsets.UTF_8);
  }

  private static void collect(String path, JsonElement e, Map<String, JsonElement> into) {
    into.put(path, e);
    if (e.isJsonArray()) {
      for (int i = 0; i < e.getAsJsonArray().size(); i++) {
        collect(path + "[" + i + "]", e.getAsJsonArray().get(i), into);
      }
    } else if (e.isJsonObject()) {
      for (Map.Entry<String, JsonElement> field : e.getAsJsonObject().entrySet()) {
        collect(path + "." + field.getKey(), field.getValue(), into);
      }
    }
  }

  /** Goes to a path; objects on the way that are missing are made. */
  private Place place(String path) {
    JsonElement at = root;
    int from = 1;
    while (true) {
      String part;
      int end;
      boolean index = path.charAt(from) == '[';
      if (index) {
        end = path.indexOf(']', from) + 1;
        part = path.substring(from + 1, end - 1);
      } else {
        part = name(at, path.substring(from + 1));
        end = from + 1 + part.length();
      }
      if (end == path.length()) {
        return new Place(at, part);
      }
      if (at.isJsonArray()) {
        at = at.getAsJsonArray().get(Integer.parseInt(part));
      } else {
        JsonObject object = at.getAsJsonObject();
        if (!object.has(part)) {
          object.add(part, new JsonObject());
        }
        at = object.get(part);
      }
      from = end;
    }
  }

  /** Returns the name with which a path goes on: the longest that is there, or up to a dot. */
  private static String name(JsonElement at, String rest) {
    String longest = "";
    for (String key : at.isJsonObject() ? at.getAsJsonObject().keySet() : List.<String>of()) {
      int length = key.length();
      boolean whole =
          rest.startsWith(key)
              && (rest.length() == length
                  || rest.charAt(length) == '.'
                  || rest.charAt(length) == '[');
      if (whole && length > longest.length()) {
        longest = key;
      }
    }
    int end = 0;
    while (end < rest.length() && rest.charAt(end) != '.' && rest.charAt(end) != '[') {
      end++;
    }
    return longest.isEmpty() ? rest.substring(0, end) : longest;
  }

  private record Place(JsonElement parent, String last) {}
}
