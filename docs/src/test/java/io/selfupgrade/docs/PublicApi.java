package io.selfupgrade.docs;

import static java.util.stream.Collectors.joining;

import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericDeclaration;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes down what a user of a module can see: its public types, and their public and protected
 * members.
 */
final class PublicApi {

  private static final List<String> EVERY_OBJECT_HAS =
      List.of("equals(Object)", "hashCode()", "toString()");

  private PublicApi() {}

  /**
   * Returns one line a type and one line a member, in an order that does not depend on the machine.
   */
  static List<String> lines(List<String> classNames) {
    var lines = new ArrayList<String>();
    for (String name : classNames) {
      Class<?> type = load(name);
      if (visible(type)) {
        lines.add(declaration(type));
        lines.addAll(members(type));
      }
    }
    return lines;
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, PublicApi.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          name + " is compiled, but not on the classpath of this test", e);
    }
  }

  private static boolean visible(Class<?> type) {
    if (type.isAnonymousClass() || type.isLocalClass() || type.isSynthetic()) {
      return false;
    }
    Class<?> outer = type.getEnclosingClass();
    return visible(type.getModifiers()) && (outer == null || visible(outer));
  }

  private static boolean visible(int modifiers) {
    return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
  }

  private static String declaration(Class<?> type) {
    String sealed = type.isSealed() ? "sealed " : "";
    String parent =
        type.isInterface()
                || type.isEnum()
                || type.isRecord()
                || type.getSuperclass() == Object.class
            ? ""
            : " extends " + shortened(type.getGenericSuperclass());
    String parents =
        list(type.getGenericInterfaces(), type.isInterface() ? " extends " : " implements ", "");
    String permitted = type.isSealed() ? list(type.getPermittedSubclasses(), " permits ", "") : "";
    return sealed
        + flags(type)
        + kind(type)
        + " "
        + type.getName()
        + variables(type)
        + parent
        + parents
        + permitted;
  }

  private static String kind(Class<?> type) {
    if (type.isAnnotation()) {
      return "@interface";
    }
    return type.isInterface()
        ? "interface"
        : type.isEnum() ? "enum" : type.isRecord() ? "record" : "class";
  }

  private static String flags(Class<?> type) {
    boolean impliedByKind = type.isInterface() || type.isEnum() || type.isRecord();
    return impliedByKind
        ? ""
        : flags(type.getModifiers() & (Modifier.ABSTRACT | Modifier.FINAL | Modifier.PROTECTED));
  }

  private static String flags(int modifiers) {
    int told =
        modifiers & (Modifier.PROTECTED | Modifier.STATIC | Modifier.ABSTRACT | Modifier.FINAL);
    return told == 0 ? "" : Modifier.toString(told) + " ";
  }

  private static List<String> members(Class<?> type) {
    Stream<String> fields =
        Arrays.stream(type.getDeclaredFields())
            .filter(PublicApi::told)
            .map(PublicApi::field)
            .sorted();
    Stream<String> constructors =
        Arrays.stream(type.getDeclaredConstructors())
            .filter(PublicApi::told)
            .map(PublicApi::constructor)
            .sorted();
    Stream<String> methods =
        Arrays.stream(type.getDeclaredMethods())
            .filter(method -> told(method) && !EVERY_OBJECT_HAS.contains(signature(method)))
            .map(PublicApi::method)
            .sorted();
    return Stream.of(fields, constructors, methods)
        .flatMap(lines -> lines)
        .map(line -> "  " + line)
        .toList();
  }

  private static boolean told(Member member) {
    return visible(member.getModifiers()) && !member.isSynthetic();
  }

  private static String field(Field field) {
    return flags(field.getModifiers()) + shortened(field.getGenericType()) + " " + field.getName();
  }

  private static String constructor(Constructor<?> constructor) {
    return flags(constructor.getModifiers())
        + "new"
        + parameters(constructor)
        + thrown(constructor);
  }

  private static String method(Method method) {
    String withBody = method.isDefault() ? "default " : "";
    int implied = method.getDeclaringClass().isInterface() ? Modifier.ABSTRACT : 0;
    String variables = variables(method);
    return withBody
        + flags(method.getModifiers() & ~implied & ~Modifier.FINAL)
        + (variables.isEmpty() ? "" : variables + " ")
        + shortened(method.getGenericReturnType())
        + " "
        + signature(method)
        + thrown(method);
  }

  private static String signature(Method method) {
    return method.getName() + parameters(method);
  }

  private static String parameters(Executable executable) {
    return Arrays.stream(executable.getGenericParameterTypes())
        .map(PublicApi::shortened)
        .collect(joining(", ", "(", ")"));
  }

  private static String thrown(Executable executable) {
    return list(executable.getGenericExceptionTypes(), " throws ", "");
  }

  private static String variables(GenericDeclaration declaration) {
    return list(declaration.getTypeParameters(), "<", ">");
  }

  private static String list(Type[] types, String before, String after) {
    return types.length == 0
        ? ""
        : Arrays.stream(types).map(PublicApi::bounded).collect(joining(", ", before, after));
  }

  private static String bounded(Type type) {
    if (type instanceof TypeVariable<?> variable && variable.getBounds()[0] != Object.class) {
      return variable
          + Arrays.stream(variable.getBounds())
              .map(PublicApi::shortened)
              .collect(joining(" & ", " extends ", ""));
    }
    return shortened(type);
  }

  private static String shortened(Type type) {
    return type.getTypeName().replaceAll("\\bjava\\.(?:lang|util|time)\\.(?=[A-Z])", "");
  }
}
