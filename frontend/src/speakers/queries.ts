import { queryOptions } from "@tanstack/react-query";
import { speakerKeeping } from "./saving";

export const registeredSpeakerQuery = (id: string) =>
  queryOptions({
    queryKey: ["speaker", id],
    // What is being edited must not change under someone's hands.
    staleTime: Infinity,
    gcTime: 0,
    queryFn: () => speakerKeeping.read(id),
  });
